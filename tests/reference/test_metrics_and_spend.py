"""Metrics against the spend they stand for, on real published figures of England, 2024-25.

docs/choosing.md shows these numbers.
"""

import csv
import gzip

import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from cyps.choosing import compare_metric_sets, metric_correlations, service_area_correlations

# Lines of RO3 by service area; no line tells permanence (5) from care leavers (6).
LINES = {
    "Family Support Services": 1,
    "Services for young people": 1,
    "Other children's and families services": 1,
    "Safeguarding children and young people's services": 2,
    "Children Looked After of which residential care": 3,
    "Children Looked After of which fostering services": 4,
    "Children Looked After of which other": 6,
    "Youth Justice": 7,
}


@pytest.fixture(scope="module")
def england(shared_data):
    panels = shared_data / "05_la_panels"

    def of_2025(name):
        table = pd.read_csv(panels / name, encoding="utf-8-sig", dtype=str)
        table = table[table["time_period"] == "2025"]
        table = table[table["geographic_level"] == "Local authority"]
        return table.set_index("new_la_code")

    cin = of_2025("b1_children_in_need_2013_to_2025.csv")["At31_episodes"]
    referrals = of_2025("c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv")
    looked_after = of_2025("cla_number_and_rate_per_10k_children.csv")
    kind = looked_after["population_type"].str.split(" each").str[0]

    def number(column):
        return pd.to_numeric(column, errors="coerce")  # symbols: c, z, x

    counts = pd.DataFrame(
        {
            "CIN": number(cin),
            "REF": number(referrals["referral_count"])
            - number(referrals["no_further_action_count"]),
            "CARE": number(
                looked_after[kind == "Children looked after on 31 March"]["children_count"]
            ),
            "CEASED": number(
                looked_after[kind == "Children ceasing to be looked after"]["children_count"]
            ),
        }
    )
    children = number(
        looked_after[kind == "Children looked after on 31 March"]["population_estimate"]
    )
    # The looked-after file goes on naming Cumbria and Northamptonshire, without numbers.
    counts = counts.loc[cin.index]
    return counts, _spend(shared_data, set(cin.index)), children[cin.index]


def _spend(shared_data, codes):
    spend = {}
    path = shared_data / "06_finance" / "ro3_2024_25_children_lines_long.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = row["ons_code"]
            if "Net Current Expenditure" not in row["line"] or code not in codes:
                continue
            line = row["line"].split("social care", 1)[1].lstrip(" :-").split(" - Net")[0]
            area = LINES.get(line.replace("’", "'"))
            if area is not None:
                lines = spend.setdefault(code, dict.fromkeys(set(LINES.values()), 0.0))
                lines[area] += float(row["value_gbp_thousand"])
    return pd.DataFrame.from_dict(spend, orient="index").sort_index(axis=1)


def test_every_metric_goes_with_its_spend_as_the_guide_says(england):
    counts, spend, children = england
    assert len(counts) == 153
    table = compare_metric_sets(counts, spend, children=children)
    shown = {key: (int(row["n"]), round(row["pearson"], 3), round(row["spearman"], 3))
             for key, row in table.iterrows()}  # fmt: skip
    assert shown == {
        (3, "CIN"): (150, 0.580, 0.609),
        (3, "CARE"): (148, 0.762, 0.735),
        (3, "CEASED"): (149, 0.208, 0.395),
        (4, "CIN"): (150, 0.415, 0.281),
        (4, "REF"): (142, 0.360, 0.441),
        (4, "CARE"): (148, 0.762, 0.735),
        (4, "CEASED"): (149, 0.208, 0.395),
    }
    assert table.loc[(3, "CEASED"), "no_spend"] == "5"


def test_they_are_scipys_on_a_table_merged_by_hand(england):
    counts, spend, children = england
    table = metric_correlations(counts, spend, children=children)
    for metric, areas in (("CIN", [1, 2, 7]), ("CARE", [3, 4]), ("CEASED", [6])):
        both = counts[[metric]].join(spend, how="inner").join(children).dropna()
        per = both[metric] / both["population_estimate"]
        money = both[areas].sum(axis=1) / both["population_estimate"]
        assert table.loc[metric, "n"] == len(both)
        assert table.loc[metric, "pearson"] == pytest.approx(pearsonr(per, money)[0])
        assert table.loc[metric, "spearman"] == pytest.approx(spearmanr(per, money)[0])


def test_referrals_go_less_with_safeguarding_than_children_in_need_do(england):
    """NR TWG 19-04, paragraph 12, for another year and today's lines of spend."""
    table = service_area_correlations(*england).loc[2]
    assert round(table.loc["CIN", "pearson"], 3) == 0.510
    assert round(table.loc["REF", "pearson"], 3) == 0.360
    assert table.loc["REF", "spearman"] < table.loc["CIN", "spearman"]
