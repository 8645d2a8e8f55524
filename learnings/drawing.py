"""Charts as SVG, drawn here by pygal: several series are rows of dots with their names beside, so that nobody has to
tell them apart by colour; light and dark."""

from dataclasses import replace
from typing import Any

from pygal.graph.bar import Bar
from pygal.graph.dot import Dot
from pygal.style import Style

from learnings.trends import Chart

_FONT = "system-ui, sans-serif"
_NARROW_MONTHS = 6
_NARROW_NAME = 18
_VALUE_SIZE = 12


class _Rows(Dot):
    """Rows of dots with each value above its dot, where it can be read; none where there is none."""

    def dot(self, serie: Any, r_max: float) -> None:
        smaller = r_max * 0.6
        self._rise = smaller + _VALUE_SIZE * 0.7
        super().dot(serie, smaller)  # type: ignore[no-untyped-call]

    def _static_value(
        self, serie_node: Any, value: str, x: float, y: float, metadata: Any, *args: Any
    ) -> None:
        if value != "0":
            above = y - self._rise
            super()._static_value(serie_node, value, x, above, metadata, "middle")  # type: ignore[no-untyped-call]


def draw(chart: Chart, *, dark: bool = False, narrow: bool = False) -> bytes:
    """The chart as an SVG document of 720 by 360 units, without scripts. Values are printed beside their marks.

    `narrow`, for a telephone: 360 by 320 units, and the last six months.
    """
    if narrow:
        chart = replace(
            chart,
            months=chart.months[-_NARROW_MONTHS:],
            series=tuple((name, values[-_NARROW_MONTHS:]) for name, values in chart.series),
        )
    ink, faint = ("#e8e6e1", "#5a5f66") if dark else ("#1d2430", "#9aa1ab")
    main = "#7fb2ff" if dark else "#1f4fa8"
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=faint,
        guide_stroke_color=faint,
        major_guide_stroke_color=faint,
        colors=(main,) * 5,
        value_colors=(ink,) * 5,
        font_family=_FONT,
        label_font_size=11 if narrow else 13,
        major_label_font_size=11 if narrow else 13,
        legend_font_size=13,
        value_font_size=_VALUE_SIZE,
        title_font_size=15,
    )
    kinds: dict[str, Any] = {"bar": Bar, "dots": _Rows}
    single = len(chart.series) == 1
    drawn = kinds[chart.kind](
        style=style,
        js=(),
        width=360 if narrow else 720,
        height=320 if narrow else 360,
        show_legend=False,
        print_values=True,
        print_values_position="top",
        show_y_guides=True,
        pretty_print=False,
        disable_xml_declaration=False,
        y_title=chart.unit if single else None,
        no_data_text="Nothing yet",
        truncate_label=-1,
        range=(0, 100) if chart.unit == "percent" else None,
        min_scale=3,
        value_formatter=lambda value: f"{value:g}",
    )
    drawn.x_labels = [
        f"{month:%b}" if narrow or month.month > 1 else f"{month:%b %y}" for month in chart.months
    ]
    for name, values in chart.series:
        short = narrow and len(name) > _NARROW_NAME
        drawn.add(f"{name[: _NARROW_NAME - 1]}…" if short else name, list(values))
    return bytes(drawn.render())
