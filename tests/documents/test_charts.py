"""Drawings say what the figures say: widths in proportion, steps where something changed."""

import re
from datetime import date
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from service.documents import charts
from service.documents.charts import HIGH, WIDE, Plot, Step
from service.models.dashboard_shapes import BurnUpDue, BurnUpPoint, BurnUpRead


def test_a_bar_is_cut_in_proportion_and_leaves_out_what_is_not_there() -> None:
    drawn = ET.fromstring(charts.bar([("accepted", 1), ("review", 0), ("overdue", 3)]))
    assert [(part.get("class"), float(part.get("x", "")), float(part.get("width", ""))) for part in drawn] == [
        ("part part-accepted", 0, WIDE / 4),
        ("part part-overdue", WIDE / 4, WIDE * 3 / 4),
    ]
    assert len(ET.fromstring(charts.bar([("accepted", 0)]))) == 0


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 2), (1, 2), (5, 6), (7, 8), (9, 10), (10, 20), (60, 60), (61, 80), (3600, 4000)]
)
def test_the_scale_ends_at_a_round_even_figure(highest: int, top: int) -> None:
    assert charts.top_of(highest) == top


def plot(first: date, last: date) -> Plot:
    steps = [Step(date(2023, 7, 3), 4), Step(date(2023, 7, 13), 8)]
    return Plot(first, last, date(2023, 7, 13), 8, standing=steps, due=[], delivered=[], accepted=steps[1:])


def test_a_line_stands_from_the_first_day_and_rises_on_the_day_it_does() -> None:
    drawing = charts.steps(plot(date(2023, 7, 3), date(2023, 7, 23)), 'Kata "orang" & <b>')
    root = ET.fromstring(drawing)
    assert root.get("aria-label") == 'Kata "orang" & <b>'
    paths = dict(re.findall(r'class="line line-(\w+)" d="([^"]+)"', drawing))
    assert paths["asked"] == f"M0 {HIGH / 2}H0.0V{HIGH / 2}H{WIDE / 2}V0.0H{WIDE / 2}"
    assert paths["accepted"] == f"M0 {HIGH}.0H{WIDE / 2}V0.0H{WIDE / 2}"
    assert paths["due"] == f"M0 {HIGH}.0H{WIDE}.0"


def test_days_at_the_foot_are_the_ends_and_equal_distances_between() -> None:
    assert plot(date(2023, 7, 3), date(2023, 7, 23)).ticks == [date(2023, 7, day) for day in (3, 8, 13, 18, 23)]
    assert plot(date(2023, 7, 3), date(2023, 7, 4)).ticks == [date(2023, 7, 3), date(2023, 7, 4)]
    assert plot(date(2023, 7, 3), date(2023, 7, 3)).ticks == [date(2023, 7, 3)] * 2


def test_a_burn_up_is_drawn_up_to_its_day_with_room_for_the_last_due_date() -> None:
    day = date(2023, 7, 21)
    points = [BurnUpPoint(day=date(2023, 7, 3), standing=9, delivered=0, accepted=0)]
    points.append(BurnUpPoint(day=date(2023, 7, 20), standing=8, delivered=5, accepted=3))
    dues = [BurnUpDue(day=day, due=4), BurnUpDue(day=date(2023, 7, 28), due=8)]
    read = BurnUpRead(workshop=UUID(int=1), as_of=day, points=points, due=dues, undated=0)
    made = charts.plot(read, day)
    assert made is not None
    assert (made.first, made.last, made.until, made.top) == (date(2023, 7, 3), date(2023, 7, 30), day, 10)
    assert charts.figures(read, day) == [
        (date(2023, 7, 3), 9, 0, 0, 0),
        (date(2023, 7, 20), 8, 0, 5, 3),
        (day, 8, 4, 5, 3),
    ]
    assert charts.plot(read.model_copy(update={"points": []}), day) is None
