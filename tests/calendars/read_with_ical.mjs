// Reads a calendar from standard input with ical.js, as Thunderbird does, and prints what it understood as JSON.
// Dates are local to the machine nowhere: instants in UTC, all-day entries as plain dates.
import ICAL from "./vendor/ical.js-2.2.1/ical.mjs";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const calendar = new ICAL.Component(ICAL.parse(Buffer.concat(chunks).toString("utf8")));

const moment = (time) => (time.isDate ? time.toString() : time.toJSDate().toISOString());
const value = (component, name) => {
    const found = component.getFirstPropertyValue(name);
    return found === null ? null : found.toString();
};
const party = (property) => ({ address: property.getFirstValue(), ...property.jCal[1] });

const events = calendar.getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
        uid: event.uid,
        sequence: event.sequence,
        stamp: moment(component.getFirstPropertyValue("dtstamp")),
        modified: moment(component.getFirstPropertyValue("last-modified")),
        created: moment(component.getFirstPropertyValue("created")),
        start: moment(event.startDate),
        end: moment(event.endDate),
        summary: event.summary,
        description: event.description,
        location: event.location,
        url: value(component, "url"),
        status: value(component, "status"),
        transparent: value(component, "transp") === "TRANSPARENT",
        categories: component.getFirstProperty("categories")?.getValues() ?? [],
        organizer: component.getAllProperties("organizer").map(party),
        attendees: event.attendees.map(party),
        alarms: component.getAllSubcomponents("valarm").map((alarm) => ({
            seconds: alarm.getFirstPropertyValue("trigger").toSeconds(),
            text: value(alarm, "description"),
        })),
    };
});
process.stdout.write(
    JSON.stringify({
        method: value(calendar, "method"),
        name: value(calendar, "x-wr-calname"),
        refresh: value(calendar, "refresh-interval"),
        ttl: value(calendar, "x-published-ttl"),
        events,
    }),
);
