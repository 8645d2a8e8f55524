"""Charts as SVG, drawn here by pygal: told apart by dashes and marks, not by colour; light and dark."""

from pygal.graph.bar import Bar
from pygal.graph.line import Line
from pygal.style import Style

from learnings.trends import Chart

_DASHES = (None, "8,4", "2,4", "12,4,2,4", "16,6")
_FONT = "system-ui, sans-serif"


def draw(chart: Chart, *, dark: bool = False) -> bytes:
    """The chart as an SVG document of 720 by 360 units, without scripts. Values are printed beside their marks."""
    ink, faint = ("#e8e6e1", "#5a5f66") if dark else ("#1d2430", "#9aa1ab")
    main = "#7fb2ff" if dark else "#1f4fa8"
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=faint,
        colors=(main, ink, main, ink, main),
        value_colors=(ink,) * 5,
        font_family=_FONT,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=13,
        value_font_size=12,
        title_font_size=15,
    )
    kinds = {"bar": Bar, "line": Line}
    single = len(chart.series) == 1
    drawn = kinds[chart.kind](
        style=style,
        js=(),
        width=720,
        height=360,
        show_legend=not single,
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        print_values=single,
        print_values_position="top",
        show_y_guides=True,
        truncate_legend=48,
        pretty_print=False,
        disable_xml_declaration=False,
        y_title=chart.unit,
        no_data_text="Nothing yet",
        range=(0, 100) if chart.unit == "percent" else None,
        min_scale=3,
        dots_size=4,
        value_formatter=lambda value: f"{value:g}",
    )
    drawn.x_labels = [f"{month:%b %y}" for month in chart.months]
    for n, (name, values) in enumerate(chart.series):
        dashes = _DASHES[n % len(_DASHES)]
        stroke = {"width": 3} | ({"dasharray": dashes} if dashes else {})
        drawn.add(name, list(values), stroke_style=stroke)
    return bytes(drawn.render())
