"""The 37 diseases that must be notified, by slug: décret 2023-716 of 2 August 2023, in the order of its list.

Source: the decree as published by the Conseil départemental de l'Ordre des médecins des Yvelines, cdyom.org,
13 October 2023. An ARS page counts 38 today; the one that was added is not known here, and a later list is a change of
this table. Slugs are Vigie's own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MDO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "botulisme": "Botulisme",
        "brucellose": "Brucellose",
        "charbon": "Charbon",
        "chikungunya": "Chikungunya",
        "cholera": "Choléra",
        "dengue": "Dengue",
        "diphterie": "Diphtérie",
        "fievres_hemorragiques_africaines": "Fièvres hémorragiques africaines",
        "fievre_jaune": "Fièvre jaune",
        "fievre_typhoide_et_fievres_paratyphoides": "Fièvre typhoïde et fièvres paratyphoïdes",
        "hepatite_a_aigue": "Hépatite A aiguë",
        "hepatite_b_aigue_symptomatique": "Infection aiguë symptomatique par le virus de l'hépatite B",
        "infection_par_le_vih_quel_que_soit_le_stade": "Infection par le VIH, quel que soit le stade",
        "infection_invasive_a_meningocoque": "Infection invasive à méningocoque",
        "infection_a_virus_de_l_encephalite_a_tiques": "Infection à virus de l'encéphalite à tiques",
        "infection_a_virus_du_nil_occidental": "Infection à virus du Nil occidental",
        "legionellose": "Légionellose",
        "leptospirose": "Leptospirose",
        "listeriose": "Listériose",
        "mesotheliomes": "Mésothéliomes",
        "orthopoxviroses_dont_la_variole": "Orthopoxviroses, dont la variole",
        "paludisme_autochtone": "Paludisme autochtone",
        "paludisme_d_importation_dans_les_drom": "Paludisme d'importation dans les DROM",
        "peste": "Peste",
        "poliomyelite": "Poliomyélite",
        "rage": "Rage",
        "rougeole": "Rougeole",
        "rubeole": "Rubéole",
        "saturnisme_chez_les_enfants_mineurs": "Saturnisme chez les enfants mineurs",
        "schistosomiase_urogenitale_autochtone": "Schistosomiase urogénitale autochtone",
        "suspicion_de_mcj_et_autres_esst_humaines": "Suspicion de MCJ et autres ESST humaines",
        "tetanos": "Tétanos",
        "toxi_infections_alimentaires_collectives": "Toxi-infections alimentaires collectives",
        "tuberculose": "Tuberculose",
        "tularemie": "Tularémie",
        "typhus_exanthematique": "Typhus exanthématique",
        "zika": "Zika",
    }
)
