"""The reports: complete, self-contained, valid against their schema."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from neuroport.compare import (
    Verdict,
    compare,
    explain,
    from_spike_times,
    html_report,
    json_report,
    json_schema,
    junit_report,
    write_html,
    write_json,
    write_junit,
)

jsonschema = pytest.importorskip("jsonschema")


@pytest.fixture(scope="module")
def different(full):
    return compare(full(), full("target", v=1.0, drop=True, lsb=1e-3, weight_resolution=0.1,
                                weight=lambda w: np.floor(w / 0.1) * 0.1))


@pytest.fixture(scope="module")
def explanation(simulator, choices):
    return explain(simulator, choices, simulator({"input rule": "step"}))


@pytest.fixture(scope="module")
def empty():
    return compare(from_spike_times({"a": [[]]}, stop=1.0), from_spike_times({"b": [[]]}, stop=1.0))


def test_json_is_valid_against_its_schema(different, explanation, empty, full, reference_seeds):
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for comparison, reason in ((different, explanation), (different, None), (empty, None),
                               (compare(full(), full()), None),
                               (compare(reference_seeds[0], reference_seeds[1]), None)):
        data = json_report(comparison, reason, command="neuroport compare a b")
        text = json.dumps(data, allow_nan=False)
        jsonschema.validate(json.loads(text), schema)
        assert data["verdict"] == str(comparison.verdict)
        assert [r["rung"] for r in data["rungs"]] == ["L0", "L1", "L2", "L3", "L4", "L5"]


def test_schema_refuses_an_unknown_verdict(different):
    data = json_report(different)
    data["verdict"] = "perhaps"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json_schema())


class Page(HTMLParser):
    """Collects open tags, tables and links."""

    void = {"meta", "br", "img", "link", "hr", "input"}

    def __init__(self):
        super().__init__()
        self.stack, self.tags, self.ids, self.links, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for key, value in attributes:
            if key == "id":
                self.ids.append(value)
            if key in ("src", "href", "xlink:href"):
                self.links.append(value)
        if tag not in self.void:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.void:
            self.stack.pop()

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text.append(data)


def parse(html):
    page = Page()
    page.feed(html)
    assert page.stack == []
    return page


def test_page_is_self_contained_and_well_formed(different, explanation):
    html = html_report(different, explanation, command="neuroport compare a b")
    page = parse(html)
    assert all(link.startswith(("#", "data:image/")) for link in page.links)
    assert not {"script", "link", "iframe", "img"} & set(page.tags)
    assert "@import" not in html and not re.search(r"url\((?!#)", html)
    references = set(re.findall(r"url\(#([^)]+)\)", html)) | {
        link[1:] for link in page.links if link.startswith("#")}
    assert references <= set(page.ids)
    assert page.tags.count("svg") == 5


def test_page_says_the_verdict_first_then_everything_else(different, explanation):
    html = html_report(different, explanation, command="neuroport compare a b")
    order = [html.index(f"<h2>{name}</h2>") for name in (
        "Verdicts", "Why they differ", "Figures", "Measurements", "Findings", "Provenance",
        "Repeat it")]
    assert order == sorted(order)
    text = " ".join("".join(parse(html).text).split())
    for rung in different.rungs:
        assert " ".join(rung.summary.split()) in text
    assert "neuroport compare a b" in text and "First rung that fails" in text
    assert "input rule" in text and "100 %" in text


def test_verdicts_are_readable_without_colour(different):
    html = html_report(different)
    rows = re.findall(r"<tr><td>(L\d)</td>.*?<span class=\"tag [^>]*>(.*?)</span>", html, re.DOTALL)
    assert [name for name, _ in rows] == ["L0", "L1", "L2", "L3", "L4", "L5"]
    for (_, word), rung in zip(rows, different.rungs, strict=True):
        assert word.endswith(f"&nbsp;{rung.verdict}")


def test_figures_follow_the_page_colours_in_light_and_dark(different):
    html = html_report(different)
    assert "prefers-color-scheme: dark" in html
    for variable in ("--ink", "--muted", "--reference", "--target"):
        assert f"var({variable})" in html
    assert not re.search(r"#01020\d", html)
    svg = html[html.index("<svg"):]
    assert "stroke: #000000" not in svg and "fill: #000000" not in svg


def test_hostile_names_are_escaped():
    name = "<script>alert(1)</script>"
    result = from_spike_times({name: [[1.0, 2.0], [2.0]]}, stop=10.0, name=name)
    other = from_spike_times({name: [[1.0], [3.0]]}, stop=10.0, name="b",
                             provenance={name: name})
    html = html_report(compare(result, other), title=name)
    assert "<script" not in html
    parse(html)


def test_a_comparison_without_common_data_still_makes_a_page(empty):
    html = html_report(empty)
    parse(html)
    assert "no data in common" in html


def test_junit_counts_and_names(different, full, reference_seeds):
    root = ElementTree.fromstring(junit_report(different))
    suite = root.find("testsuite")
    failed = [r for r in different.rungs if r.verdict is Verdict.DIFFERENT]
    assert suite.get("tests") == "6" and suite.get("failures") == str(len(failed)) != "0"
    assert len(suite.findall("testcase/failure")) == len(failed)
    skipped = [r for r in different.rungs if r.verdict is Verdict.NOT_COMPARABLE]
    assert len(suite.findall("testcase/skipped")) == len(skipped) == int(suite.get("skipped"))
    clean = ElementTree.fromstring(junit_report(compare(full(), full()))).find("testsuite")
    assert clean.get("failures") == "0" and clean.find("testcase/failure") is None


def test_junit_tolerates_spike_differences_of_equivalent_results(reference_seeds, poisson):
    from neuroport.compare import calibrate
    comparison = compare(reference_seeds[0], poisson(100), calibration=calibrate(reference_seeds))
    assert comparison.verdict is Verdict.EQUIVALENT
    assert ElementTree.fromstring(junit_report(comparison)).find("testsuite").get(
        "failures") == "0"


def test_files_are_written(tmp_path, different, explanation):
    page = write_html(different, tmp_path / "a.html", explanation)
    twin = write_json(different, tmp_path / "a.json", explanation)
    tests = write_junit(different, tmp_path / "a.xml")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    jsonschema.validate(json.loads(twin.read_text("utf-8")), json_schema())
    assert ElementTree.parse(tests).getroot().tag == "testsuites"


def test_figures_state_what_they_leave_out(poisson):
    html = html_report(compare(poisson(1, neurons=150), poisson(2, neurons=150)))
    assert "60 of 150 neurons drawn at random" in html
    assert "24 of 150 active neurons" in html
