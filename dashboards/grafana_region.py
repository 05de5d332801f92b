"""The region's Grafana dashboard, built as code: `python -m dashboards.grafana_region` rewrites its JSON.

A development tool: nothing imports it at run time, and the Grafana SDK it needs is a development dependency. The
JSON is committed, in the classic schema, and a test regenerates it. Texts are French: the crisis room reads them.
"""

from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DatasourceVariable,
    FieldColor,
    QueryVariable,
    ThresholdsConfig,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards import queries
from orsan_plans.posture import Posture
from streams.collecting.receipts import FILLED_FIELDS

TARGET: Final = Path(__file__).parent / "grafana" / "region.json"

Panel = stat.Panel | statetimeline.Panel | table.Panel | timeseries.Panel

COLOURS: Final[dict[Posture, str]] = {
    Posture.VEILLE: "#3c9b62",
    Posture.INCONNU: "#8e8e8e",
    Posture.VIGILANCE: "#ffc53d",
    Posture.ALERTE: "#c4161c",
    Posture.ACTIVATION: "#6a2fb5",
}
_GREY: Final = COLOURS[Posture.INCONNU]
_UNKNOWN_TEXT: Final = "INCONNU"
_SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")


def _postures() -> list[dashboard.ValueMapping]:
    words = {
        str(code): dashboard.ValueMappingResult(text=posture.value, color=COLOURS[posture], index=code)
        for posture, code in queries.SEVERITY.items()
    }
    nothing = dashboard.ValueMappingResult(text=_UNKNOWN_TEXT, color=_GREY, index=len(words) + 1)
    return [
        dashboard.ValueMap(options=words),
        dashboard.SpecialValueMap(
            options=dashboard.DashboardSpecialValueMapOptions(
                match=dashboard.SpecialValueMatch.NULL_AND_NAN, result=nothing
            )
        ),
    ]


def _steps(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    config = ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE)
    return config.steps([dashboard.Threshold(value=value, color=colour) for value, colour in steps])


def _query(expr: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expr).ref_id(ref).datasource(_SOURCE)
    return query.range().legend_format(legend)


def _now(expr: str, ref: str = "A") -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expr).ref_id(ref).datasource(_SOURCE)
    return query.instant().format(PromQueryFormat.TABLE)


def _number(title: str, expr: str, about: str, *steps: tuple[float | None, str]) -> stat.Panel:
    panel = stat.Panel().title(title).description(about).datasource(_SOURCE)
    return (
        panel.with_target(_query(expr).instant())
        .no_value(_UNKNOWN_TEXT)
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(build_common.ReduceDataOptions().calcs(["last"]))
        .thresholds(_steps(*(steps or ((None, "#44546a"),))))
    )


def _curve(title: str, about: str, *targets: prometheus.Dataquery) -> timeseries.Panel:
    panel = timeseries.Panel().title(title).description(about).datasource(_SOURCE).targets(list(targets))
    legend = build_common.VizLegendOptions().placement(common.LegendPlacement.BOTTOM).show_legend(show_legend=True)
    # A gap is an unknown: joining the points would invent a value.
    return panel.no_value(_UNKNOWN_TEXT).legend(legend).span_nulls(span_nulls=False).min(0)


def _stack(title: str, about: str, *targets: prometheus.Dataquery) -> timeseries.Panel:
    stacking = build_common.StackingConfig().mode(common.StackingMode.NORMAL)
    return _curve(title, about, *targets).stacking(stacking).fill_opacity(60).decimals(0)


def _table(title: str, about: str, names: dict[str, str], *targets: prometheus.Dataquery) -> table.Panel:
    hidden = dict.fromkeys(("Time", "region", "__name__", "instance", "job", "Value") - names.keys(), True)
    organise = {"excludeByName": dict(sorted(hidden.items())), "renameByName": names}
    panel = table.Panel().title(title).description(about).datasource(_SOURCE).targets(list(targets))
    panel = panel.with_transformation(dashboard.DataTransformerConfig(id_val="merge", options={}))
    return panel.with_transformation(dashboard.DataTransformerConfig(id_val="organize", options=organise))


def _coloured(mappings: list[dashboard.ValueMapping]) -> list[dashboard.DynamicConfigValue]:
    cell = common.TableColoredBackgroundCellOptions(mode=common.TableCellBackgroundDisplayMode.BASIC)
    return [
        dashboard.DynamicConfigValue("mappings", mappings),
        dashboard.DynamicConfigValue("custom.cellOptions", cell),
    ]


def _timeline() -> statetimeline.Panel:
    about = "La plus grave des règles jugées. Gris : Vigie ne peut pas juger. Gris ne veut pas dire calme."
    panel = statetimeline.Panel().title("Posture par territoire").description(about).datasource(_SOURCE)
    return (
        panel.with_target(_query(queries.WORST_POSTURE, "{{territory}}"))
        .mappings(_postures())
        .thresholds(_steps((None, _GREY)))
        .color_scheme(FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
        .show_value(common.VisibilityMode.ALWAYS)
        .merge_values(merge_values=True)
        .no_value(_UNKNOWN_TEXT)
        .fill_opacity(90)
    )


def _posture_table() -> table.Panel:
    about = "Chaque règle dans chaque territoire, à l'instant."
    names = {"territory": "Territoire", "volet": "Volet", "rule": "Règle", "Value": "Posture"}
    panel = _table("Postures par règle", about, names, _now(queries.POSTURE_TABLE))
    return panel.override_by_name("Posture", _coloured(_postures()))


def _feeds() -> table.Panel:
    about = "Âge de la dernière donnée de chaque source. Sans âge : cette source n'a jamais rien envoyé."
    names = {"feed": "Source", "territory": "Territoire", "Value #A": "Âge", "Value #B": "État"}
    states = dashboard.ValueMap(
        options={
            "0": dashboard.ValueMappingResult(text="à l'heure", color=COLOURS[Posture.VEILLE], index=0),
            "1": dashboard.ValueMappingResult(text="MUETTE", color=_GREY, index=1),
        }
    )
    panel = _table("Fraîcheur des sources", about, names, _now(queries.FEED_AGE), _now(queries.FEED_SILENT, "B"))
    panel = panel.override_by_name("Âge", [dashboard.DynamicConfigValue("unit", "s")])
    return panel.override_by_name("État", _coloured([states]))


def _source_quality() -> table.Panel:
    about = (
        "Délai entre un passage et sa réception, sur les 30 derniers fichiers ; rejets et champs remplis du dernier. "
        "Une case vide n'est pas connue. Les sources sans territoire sont dans « vigie feeds status »."
    )
    columns = {
        "Délai médian": queries.source_delay("0.5"),
        "Délai 90 %": queries.source_delay("0.9"),
        "Rejets": queries.SOURCE_REJECTS,
        "Limite des rejets": queries.SOURCE_REJECT_LIMITS,
        **{field: queries.source_filled(field) for field in FILLED_FIELDS},
    }
    refs = dict(zip(columns, "ABCDEFG", strict=True))
    names = {"feed": "Source", "territory": "Territoire", **{f"Value #{refs[name]}": name for name in columns}}
    panel = _table("Qualité des flux", about, names, *(_now(expr, refs[name]) for name, expr in columns.items()))
    for name in columns:
        unit = "s" if name.startswith("Délai") else "percentunit"
        panel = panel.override_by_name(name, [dashboard.DynamicConfigValue("unit", unit)])
    return panel


def _unknown_table() -> table.Panel:
    names = {"indicator": "Indicateur", "territory": "Territoire", "reason": "Raison"}
    return _table("Mesures inconnues", "Ce que Vigie ne sait pas, et pourquoi.", names, _now(queries.UNKNOWN_TABLE))


def _numbers() -> list[Panel]:
    red, grey = COLOURS[Posture.ALERTE], _GREY
    neutral = (None, "#44546a")
    return [
        _number("Alertes sans réponse", queries.UNANSWERED, "Personne n'a encore répondu.", neutral, (1, red)),
        _number("Alertes en cours", queries.OPEN, "Alertes ouvertes et non résolues, hors exercice."),
        _number("Exercices en cours", queries.EXERCISES, "Alertes d'EXERCICE ouvertes."),
        _number("Sources muettes", queries.SILENT_COUNT, "Sources silencieuses trop longtemps.", neutral, (1, grey)),
        _number("Mesures inconnues", queries.UNKNOWN_COUNT, "Mesures sans valeur.", neutral, (1, grey)),
        _number(
            "Retard de Vigie", queries.LATENESS, "Plus de dix minutes : cet écran est en retard.", neutral, (600, red)
        ).unit("s"),
    ]


def _measures() -> list[Panel]:
    gap, legend = "Un trou dans la courbe est une valeur inconnue.", "{{indicator}} · {{territory}}"
    reasons = _query(queries.UNKNOWN_BY_REASON, "{{reason}}")
    return [
        _curve("Indicateurs en pourcentage", gap, _query(queries.PERCENTAGES, legend)).unit("percent"),
        _curve("Indicateurs en nombre", gap, _query(queries.COUNTS, legend)),
        _stack("Mesures inconnues par raison", "Ce qui manque pour juger.", reasons),
        _unknown_table(),
        _feeds(),
        _source_quality(),
    ]


def _people() -> list[Panel]:
    per_hour = "Sur une heure glissante, hors exercice."
    alerts = _query(queries.ALERTS_BY_POSTURE, "{{posture}} · réponse : {{acknowledged}}")
    return [
        _stack("Alertes en cours par posture", "Hors exercice.", alerts),
        _stack("Notifications", per_hour, _query(queries.NOTIFICATIONS, "{{purpose}} · {{outcome}}")),
        _stack("Personnes non prévenues, par raison", per_hour, _query(queries.NON_SENDS, "{{reason}}")),
        _curve(
            "Délai entre l'enregistrement et la première page",
            "Quantiles sur un jour, hors exercice.",
            _query(queries.latency(0.5), "médiane"),
            _query(queries.latency(0.95), "95 %", "B"),
        ).unit("s"),
        _stack("File d'envoi", "Notifications par état.", _query(queries.OUTBOX, "{{state}}")),
        _stack("Entrées du journal", per_hour, _query(queries.ENTRIES, "{{kind}}")),
        _stack("Entrées refusées par le moteur", per_hour, _query(queries.REJECTED, "{{kind}}")),
    ]


def _variables() -> list[Builder[dashboard.VariableModel]]:
    on_load = dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED
    region = QueryVariable("region").label("Région").query(queries.REGIONS).datasource(_SOURCE).refresh(on_load)
    place = QueryVariable("territoire").label("Territoire").query(queries.TERRITORIES).datasource(_SOURCE)
    return [
        DatasourceVariable("datasource").label("Source de données").type("prometheus"),
        region.sort(dashboard.VariableSort.NATURAL_ASC),
        place.refresh(on_load).multi(multi=True).include_all(include_all=True).all_value(".*"),
    ]


def _placed() -> list[Panel]:
    numbers: list[Panel] = [panel.grid_pos(dashboard.GridPos(h=4, w=4, x=4 * i)) for i, panel in enumerate(_numbers())]
    top: list[Panel] = [
        _timeline().grid_pos(dashboard.GridPos(h=12, w=14, y=4)),
        _posture_table().grid_pos(dashboard.GridPos(h=12, w=10, x=14, y=4)),
    ]
    charts: list[Panel] = [
        panel.grid_pos(dashboard.GridPos(h=8, w=12, x=12 * (i % 2), y=16 + 8 * (i // 2)))
        for i, panel in enumerate([*_measures(), *_people()])
    ]
    return [*numbers, *top, *charts]


def region_dashboard() -> str:
    """Return the dashboard's JSON, the same text each time."""
    board = Dashboard("Vigie · Région").uid("vigie-region").tags(["vigie"]).timezone("browser").readonly()
    board = board.description("Tension de la région : ce que l'on sait, ce que l'on ignore, qui a été prévenu.")
    board = board.time("now-24h", "now").refresh("30s").variables(_variables())
    for number, panel in enumerate(_placed(), start=1):
        board = board.with_panel(panel.id(number))
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(board.build()) + "\n"


if __name__ == "__main__":
    TARGET.write_text(region_dashboard(), encoding="utf-8")
