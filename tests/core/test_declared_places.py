"""What an establishment lies in follows its latest declaration, after a restart too."""

from streams import engine
from streams.messages.reference import Etablissement, EtablissementList
from tests.core.builders import MINUTE, NANTES, REGION, T0, entry

ETAB = f"ETAB-{NANTES}"


def test_an_establishment_lies_in_its_departement_once_declared_and_where_it_moved() -> None:
    fold = engine.start(REGION)
    assert fold.ancestors(ETAB) == ("REG-52", "FR")
    for number, (departement, wider) in enumerate((("44", "DEP-44"), ("49", "DEP-49")), 1):
        declared = EtablissementList((Etablissement(NANTES, "CHU", departement),))
        engine.step(fold, entry(number, T0 + number * MINUTE, declared))
        for each in (fold, engine.restore(engine.snapshot(fold))):
            assert each.ancestors(ETAB) == (wider, "REG-52", "FR")
    engine.step(fold, entry(3, T0 + 3 * MINUTE, EtablissementList(())))
    assert fold.ancestors(ETAB) == ("REG-52", "FR")
