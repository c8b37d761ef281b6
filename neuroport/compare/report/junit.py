"""JUnit XML: one test case a rung, for services that show test results."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from neuroport.compare.verdict import Comparison, Verdict

__all__ = ["junit_report", "write_junit"]


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
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def write_junit(comparison: Comparison, path: str | Path) -> Path:
    """Write `junit_report` to a file."""
    path = Path(path)
    path.write_text(junit_report(comparison), encoding="utf-8")
    return path
