"""The thresholds of a plan file: what a planner writes under ``seuils:``, each with its source."""

from collections.abc import Mapping

from pydantic import ValidationInfo, field_validator, model_validator

from orsan_plans.fields import FileModel, Number, Slug
from orsan_plans.plan import Comparison, Source, Threshold
from orsan_plans.posture import RAISED, Posture


class ThresholdForm(FileModel):
    """``{au_dessus_de: 6, source: etat-2020}``: one comparison, one source."""

    au_dessus_de: Number | None = None
    a_partir_de: Number | None = None
    au_dessous_de: Number | None = None
    jusqu_a: Number | None = None
    source: Slug

    @model_validator(mode="after")
    def _one_comparison(self) -> "ThresholdForm":
        if len(self._given()) != 1:
            raise ValueError(f"write exactly one of {', '.join(Comparison)}")
        return self

    def _given(self) -> list[tuple[Comparison, float]]:
        values = ((comparison, getattr(self, comparison)) for comparison in Comparison)
        return [(comparison, value) for comparison, value in values if value is not None]

    def to_threshold(self, posture: Posture, sources: Mapping[str, Source]) -> Threshold:
        """Return the threshold; KeyError when the source is not declared."""
        [(comparison, value)] = self._given()
        return Threshold(posture, comparison, value, sources[self.source])

    @property
    def comparison(self) -> Comparison:
        """How the value is compared."""
        return self._given()[0][0]

    @property
    def severity(self) -> tuple[float, bool]:
        """Ordered from mild to severe among thresholds that point the same way."""
        [(comparison, value)] = self._given()
        is_strict = comparison in (Comparison.ABOVE, Comparison.BELOW)
        return (value if comparison.is_upward else -value, is_strict)


class ThresholdsForm(FileModel):
    """The thresholds of one indicator, by posture."""

    vigilance: ThresholdForm | None = None
    alerte: ThresholdForm | None = None

    @field_validator("alerte")
    @classmethod
    def _worse_than_vigilance(cls, alerte: ThresholdForm | None, info: ValidationInfo) -> ThresholdForm | None:
        vigilance = info.data.get("vigilance")
        if alerte is None or vigilance is None:
            return alerte
        if alerte.comparison.is_upward is not vigilance.comparison.is_upward:
            raise ValueError("vigilance and alerte must point the same way: both upwards or both downwards")
        if alerte.severity < vigilance.severity:
            raise ValueError("alerte must be at least as severe as vigilance")
        return alerte

    @model_validator(mode="after")
    def _not_empty(self) -> "ThresholdsForm":
        if self.vigilance is None and self.alerte is None:
            raise ValueError("write a threshold for vigilance, for alerte, or for both")
        return self

    def by_posture(self) -> list[tuple[Posture, ThresholdForm]]:
        """Return the given thresholds, mildest posture first."""
        forms = (self.vigilance, self.alerte)
        return [(posture, form) for posture, form in zip(RAISED, forms, strict=True) if form is not None]
