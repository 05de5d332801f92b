"""Small open-data files: a share that passes 6 then 10 %, beds that pass 60 then 80 %."""

from datetime import date, timedelta
from pathlib import Path

VISITS = (
    "dep,date_de_passage,sursaud_cl_age_corona,nbre_pass_corona,nbre_pass_tot,nbre_hospit_corona,"
    "nbre_pass_corona_h,nbre_pass_corona_f,nbre_pass_tot_h,nbre_pass_tot_f,nbre_hospit_corona_h,nbre_hospit_corona_f,"
    "nbre_acte_corona,nbre_acte_tot,nbre_acte_corona_h,nbre_acte_corona_f,nbre_acte_tot_h,nbre_acte_tot_f\n"
)
STOCKS = "date,department_code,n_hospitalised_patients,n_icu_patients,n_hospital_healed,n_hospital_death\n"
BEDS = "dep_id,dep,rea,si_usic,si_unv,si_autres,sc\n44,Loire Atlantique,10,54,12,65,131,132\n48,Lozère,3,,,,,1\n"
FIRST_DAY = date(2020, 2, 24)


def _visits() -> str:
    days = [FIRST_DAY + timedelta(days=number) for number in range(14)]
    rows = [
        f"{dep},{day},0,{15 if dep == '44' and number >= 7 else 0},100,{',' * 12}\n"
        for number, day in enumerate(days)
        for dep in ("44", "48")
    ]
    return VISITS + "".join(rows)


def write_files(folder: Path) -> list[str]:
    """Write the three files; return the FORMAT=FILE arguments of an import."""
    stocks = "".join(f"2020-03-{day},44,20,{icu},0,0\n" for day, icu in ((19, 5), (20, 7), (21, 9)))
    contents = {
        "sursaud-quotidien": _visits(),
        "sivic-stocks": f"{STOCKS}{stocks}2020-03-20,,1,1,1,1\n",
        "lits-sae": BEDS,
    }
    for format_, text in contents.items():
        (folder / f"{format_}.csv").write_text(text, encoding="utf-8")
    return [f"{format_}={folder / f'{format_}.csv'}" for format_ in contents]
