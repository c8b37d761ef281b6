"""JUnit XML: one test case a rung, for services that show test results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from neuroport.compare.ladder.verdict import Comparison, Verdict
from neuroport.output.writing import write_file

if TYPE_CHECKING:
    from neuroport.compare.backend_comparison import BackendComparison

__all__ = ["junit_of_backends", "junit_report", "write_junit"]


def junit_report(comparison: Comparison) -> str:
    """The comparison as JUnit XML.

    A rung that says "different" is a failure, unless it is L1 or L2 and the verdict over all
    rungs is "equivalent": then it passes, with the difference in its output. A rung that is not
    comparable is skipped.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    str
        An XML document.
    """
    return _document([_suite(comparison)])


def junit_of_backends(found: BackendComparison) -> str:
    """All comparisons of one model: a test suite each, and one for the runs.

    A backend that gave no result is an error. A comparison that cannot be judged as a whole is a
    failure of its suite's case "verdict", since agreement was not shown.

    Parameters
    ----------
    found : BackendComparison

    Returns
    -------
    str
        An XML document.
    """
    runs = ElementTree.Element(
        "testsuite", name=f"runs of {found.model}", tests=str(len(found.outcomes)), failures="0",
        errors=str(len(found.failed)), skipped="0",
        time=f"{sum(o.seconds for o in found.outcomes):.3f}")
    for outcome in found.outcomes:
        case = ElementTree.SubElement(runs, "testcase", name=outcome.job.name,
                                      classname=f"runs of {found.model}",
                                      time=f"{outcome.seconds:.3f}")
        if outcome.failed:
            body = ElementTree.SubElement(case, "error", message=_clean(outcome.reason),
                                          type=outcome.status)
            body.text = _clean(outcome.reason)
    suites = [runs]
    for comparison in found.comparisons:
        suite = _suite(comparison)
        case = ElementTree.SubElement(suite, "testcase", name="verdict",
                                      classname=str(suite.get("name")), time="0")
        suite.set("tests", str(int(suite.get("tests", "0")) + 1))
        if comparison.verdict in (Verdict.DIFFERENT, Verdict.NOT_COMPARABLE):
            suite.set("failures", str(int(suite.get("failures", "0")) + 1))
            body = ElementTree.SubElement(case, "failure", message=comparison.summary,
                                          type=str(comparison.verdict))
            body.text = found.why(comparison.target.name) or comparison.summary
        suites.append(suite)
    return _document(suites)


def _clean(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32)


def _document(suites: list[ElementTree.Element]) -> str:
    root = ElementTree.Element("testsuites")
    root.extend(suites)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(comparison: Comparison) -> ElementTree.Element:
    name = f"{comparison.target.name} against {comparison.reference.name}"
    tolerated = comparison.verdict is Verdict.EQUIVALENT
    failures = [r for r in comparison.rungs if r.verdict is Verdict.DIFFERENT and not tolerated]
    skipped = [r for r in comparison.rungs if r.verdict is Verdict.NOT_COMPARABLE]
    suite = ElementTree.Element(
        "testsuite", name=name, tests=str(len(comparison.rungs)), failures=str(len(failures)),
        errors="0", skipped=str(len(skipped)), time=f"{comparison.wall_time:.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (("verdict", str(comparison.verdict)), ("summary", comparison.summary)):
        ElementTree.SubElement(properties, "property", name=key, value=value)
    for rung in comparison.rungs:
        case = ElementTree.SubElement(suite, "testcase", name=f"{rung.rung} {rung.title}",
                                      classname=name, time="0")
        if rung in failures:
            body = ElementTree.SubElement(case, "failure", message=rung.summary,
                                          type=str(rung.verdict))
            body.text = "\n".join(
                f"{m.where}: {m.quantity} = {m.value:.6g} {m.unit} ({m.sense} {m.limit})"
                for m in rung.measurements if m.verdict is Verdict.DIFFERENT)
        elif rung in skipped:
            ElementTree.SubElement(case, "skipped", message=rung.summary)
        else:
            out = ElementTree.SubElement(case, "system-out")
            out.text = f"{rung.verdict}: {rung.summary}"
    return suite


def write_junit(comparison: Comparison | BackendComparison, path: str | Path) -> Path:
    """Write `junit_report`, or `junit_of_backends`, to a file."""
    text = (junit_report(comparison) if isinstance(comparison, Comparison)
            else junit_of_backends(comparison))
    return write_file(path, text)
