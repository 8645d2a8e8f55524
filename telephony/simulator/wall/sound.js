// Sound for those who want it: the browser's own voice, a soft ring, key tones. Off until asked for.

const ROWS = { 1: 697, 2: 697, 3: 697, 4: 770, 5: 770, 6: 770, 7: 852, 8: 852, 9: 852, "*": 941, 0: 941, "#": 941 };
const COLUMNS = { 1: 1209, 4: 1209, 7: 1209, "*": 1209, 2: 1336, 5: 1336, 8: 1336, 0: 1336, 3: 1477, 6: 1477, 9: 1477, "#": 1477 };

export class Sound {
  #on = false;
  #audio = null;
  #ringing = null;
  #saying = null;

  toggle() {
    this.#on = !this.#on;
    if (this.#on) {
      this.#audio ??= new AudioContext();
      this.#audio.resume();
    } else {
      this.ring(false);
      window.speechSynthesis?.cancel();
    }
    return this.#on;
  }

  say(words) {
    if (!this.#on || !window.speechSynthesis) return;
    const utterance = new SpeechSynthesisUtterance(words.text);
    if (words.language) utterance.lang = words.language;
    this.#saying = words.id;
    window.speechSynthesis.speak(utterance);
  }

  // Stop in the middle of an utterance that was cut, if it is the one being said.
  hush(id) {
    if (this.#saying !== id) return;
    this.#saying = null;
    window.speechSynthesis?.cancel();
  }

  ring(wanted) {
    const should = wanted && this.#on;
    if (should && !this.#ringing) {
      const once = () => this.#tones([440, 480], 0.9, 0.035);
      once();
      this.#ringing = setInterval(once, 3000);
    } else if (!should && this.#ringing) {
      clearInterval(this.#ringing);
      this.#ringing = null;
    }
  }

  key(key) {
    this.#tones([ROWS[key], COLUMNS[key]], 0.12, 0.03);
  }

  text() {
    this.#tones([880], 0.12, 0.03);
  }

  #tones(frequencies, seconds, loudness) {
    if (!this.#on || !this.#audio) return;
    const start = this.#audio.currentTime;
    const gain = this.#audio.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.02);
    gain.gain.setValueAtTime(loudness, start + seconds - 0.03);
    gain.gain.linearRampToValueAtTime(0, start + seconds);
    gain.connect(this.#audio.destination);
    for (const frequency of frequencies) {
      const tone = this.#audio.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(gain);
      tone.start(start);
      tone.stop(start + seconds);
    }
  }
}
