"""``neuroport jobs``: what became of what was submitted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.text import Text

from neuroport.cli import display
from neuroport.cli.arguments import Json
from neuroport.cli.display import refuse

if TYPE_CHECKING:
    from neuroport.jobs.submission import Job

__all__ = ["EPILOG", "follow", "jobs"]

EPILOG = (
    "Exit codes of wait and result: 0 done; 1 a check or an answer said no; 2 the run ended with "
    "an error; 3 the machine failed it; 4 not over yet; 130 cancelled."
)

jobs = typer.Typer(
    help="Jobs that were submitted: their states, logs and results.", no_args_is_help=True,
    rich_markup_mode=None, pretty_exceptions_enable=False, epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Id = Annotated[str, typer.Argument(
    metavar="ID", help="A job's id, 4 or more letters of its beginning or end, or its key.")]


def _get(name: str, as_json: bool) -> Job:
    from neuroport.errors import UserError
    from neuroport.jobs.submission import get
    from neuroport.jobs.supervise.launch import settle

    try:
        job = get(name)
        settle(job.store)
        return job
    except UserError as error:
        refuse(error, as_json)


@jobs.command("list")
def list_jobs(
    state: Annotated[
        list[str] | None, typer.Option("--state", help="Only these; may be repeated.")] = None,
    target: Annotated[str | None, typer.Option("--to", help="Only this target's.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    from neuroport.errors import Problem, UserError, nearest
    from neuroport.jobs.store.states import STATES
    from neuroport.jobs.store.store import Store
    from neuroport.jobs.supervise.launch import settle

    for one in state or ():
        if one not in STATES:
            near = nearest(one, STATES, 1)
            refuse(UserError(Problem(f"there is no state '{one}'", limit=", ".join(STATES),
                                     fix=f"did you mean '{near[0]}'?" if near else "")), as_json)
    try:
        store = Store()
        settle(store)
        found = store.jobs(states=state or (), target=target, limit=limit)
    except UserError as error:
        refuse(error, as_json)
    if as_json:
        display.print_json({"jobs": [job.as_dict() for job in found]})
        return
    now = time.time()
    rows = [(job.id, job.name, job.target, job.state,
             "" if job.progress is None or job.final else f"{100 * job.progress:.0f} %",
             _ago(now - job.created), job.text.splitlines()[0] if job.text else "")
            for job in found]
    display.console().print(display.table(
        "", ("id", "name", "target", "state", "", "age", "why"), rows, whole=(0, 3)))


@jobs.command("show")
def show(
    name: Id,
    as_json: Json = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page of it.")] = None,
) -> None:
    """Show a job: its state, what happened to it, its tries, and what servers hold for it."""
    job = _get(name, as_json)
    data = _data(job)
    if html is not None:
        from neuroport.errors import UserError
        from neuroport.jobs.page import write_page

        try:
            write_page(job, html)
        except UserError as error:
            refuse(error, as_json)
    if as_json:
        display.print_json(data)
        return
    record, out = job.record, display.console()
    out.print(Text(f"{record.id}  {record.name} on {record.target}", style="bold"))
    line = f"{record.state}" + (f" ({record.code})" if record.code else "")
    out.print(Text(line + (f": {record.text}" if record.text else "")))
    if record.cancel_wanted and not record.final:
        out.print(Text("to be cancelled"))
    if record.state == "retry_wait":
        out.print(Text(f"tried again in {max(0.0, record.not_before - time.time()):.0f} s"))
    out.print(display.table("", ("when", "by", "state", "what"), [
        (time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at)), event.actor,
         event.new if event.new != event.old else "", event.text or event.code)
        for event in job.events], whole=(0, 2)))
    for held in data["remotes"]:
        out.print(Text(f"{held['kind']} {held['remote_id'] or '(asked for)'} at {held['server']}: "
                       f"{held['state']}" + ("" if held["over"] else ", held")))
    out.print(Text(f"folder {job.folder}"), soft_wrap=True)


def _data(job: Job) -> dict[str, Any]:
    from neuroport.jobs.store.attempts import artefacts, remotes

    return {**job.record.as_dict(), "folder": str(job.folder),
            "specification": job.store.description(job.id).get("spec"),
            "events": [event.as_dict() for event in job.events],
            "attempts": [one.as_dict() for one in job.attempts],
            "remotes": [one.as_dict() for one in remotes(job.store, job.id)],
            "files": {path: {"size": size, "sha256": digest}
                      for path, (size, digest) in artefacts(job.store, job.id).items()}}


def follow(job: Job, timeout: float | None, as_json: bool) -> NoReturn:
    """Show a job's state live until it is over; end with its exit code."""
    from neuroport.errors import UserError
    from neuroport.jobs.store.errors import JobNotOverError

    screen = display.console(to_stderr=True)
    limit = None if timeout is None else time.monotonic() + timeout
    try:
        if as_json or not screen.is_terminal:
            job.wait(timeout)
        else:
            with screen.status("") as status:
                while not (record := job.record).final and record.state != "lost":
                    share = "" if record.progress is None else f" {100 * record.progress:.0f} %"
                    status.update(Text(f"{record.name}: {record.state}{share} "
                                       f"{record.text.splitlines()[0] if record.text else ''}"))
                    left = 1.0 if limit is None else limit - time.monotonic()
                    if left <= 0:
                        break
                    try:
                        job.wait(min(1.0, left))
                    except JobNotOverError:
                        continue
    except JobNotOverError:
        pass
    except UserError as error:
        refuse(error, as_json)
    except KeyboardInterrupt:
        screen.print(Text(f"the job goes on: neuroport jobs wait {job.id[-6:]}"))
    record = job.record
    if as_json:
        display.print_json(_data(job))
    else:
        display.console().print(Text(
            f"{record.id} {record.state}" + (f": {record.text}" if record.text else "")))
    raise typer.Exit(record.exit_code)


@jobs.command("wait")
def wait(
    name: Id,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", help="At most so long.")] = None,
    as_json: Json = False,
) -> None:
    """Wait until a job is over; Ctrl-C ends the waiting and not the job."""
    follow(_get(name, as_json), timeout, as_json)


@jobs.command("result")
def result(
    name: Id,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Copy the results to a new folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say where a job's results are, or copy them."""
    from neuroport.errors import UserError

    job = _get(name, as_json)
    record, place = job.record, job.store.files(job.id).result
    if not record.final:
        if as_json:
            display.print_json({"id": job.id, "state": record.state, "output": None,
                                "exit_code": record.exit_code})
        else:
            display.warn(f"job {job.id} is not over: {record.state}")
        raise typer.Exit(record.exit_code)
    folder: Path | None = place if place.is_dir() else None
    if output is not None:
        try:
            folder = job.save(output)
        except UserError as error:
            refuse(error, as_json, id=job.id, state=record.state)
    if as_json:
        display.print_json({"id": job.id, "state": record.state, "exit_code": record.exit_code,
                            "text": record.text, "output": None if folder is None else str(folder)})
    else:
        if record.state != "done":
            display.warn(f"job {job.id} {record.state}: {record.text}")
        if folder is not None:
            display.console().print(Text(str(folder)), soft_wrap=True)
    raise typer.Exit(record.exit_code)


@jobs.command("logs")
def logs(
    name: Id,
    attempt: Annotated[
        int | None, typer.Option("--attempt", help="Of this try; default: the last.")] = None,
    as_json: Json = False,
) -> None:
    """Print what a job's model and engine printed."""
    job = _get(name, as_json)
    text = job.logs(attempt)
    if as_json:
        display.print_json({"id": job.id, "log": text})
    else:
        typer.echo(text, nl=False)


@jobs.command("cancel")
def cancel(name: Id, as_json: Json = False) -> None:
    """Ask for a job to be ended: it is cancelled when its machines are given back."""
    _do(name, as_json, "cancel")


@jobs.command("retry")
def retry(name: Id, as_json: Json = False) -> None:
    """Queue a job once more that failed, was cancelled, is blocked or lost."""
    _do(name, as_json, "retry")


def _do(name: str, as_json: bool, what: str) -> None:
    from neuroport.errors import UserError

    job = _get(name, as_json)
    try:
        getattr(job, what)()
    except UserError as error:
        refuse(error, as_json, id=job.id)
    _tell(job, as_json)


@jobs.command("rm")
def remove(name: Id, as_json: Json = False) -> None:
    """Forget a job that is over, and remove its results."""
    from neuroport.errors import UserError

    job = _get(name, as_json)
    try:
        job.store.remove(job.id)
    except UserError as error:
        refuse(error, as_json, id=job.id)
    if as_json:
        display.print_json({"id": job.id, "removed": True})


def _tell(job: Job, as_json: bool) -> None:
    record = job.record
    if as_json:
        display.print_json({"id": job.id, "state": record.state,
                            "cancel_wanted": record.cancel_wanted})
    else:
        display.console().print(Text(
            f"{job.id} {record.state}"
            + (", to be cancelled" if record.cancel_wanted and not record.final else "")))


@jobs.command("doctor")
def doctor(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the database again from the jobs' folders.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look whether jobs are as they were stored, start what nobody works on, mend what can be."""
    from neuroport.errors import UserError
    from neuroport.jobs.health import examine, rebuilt

    try:
        told = rebuilt() if rebuild else examine()
    except UserError as error:
        refuse(error, as_json)
    if as_json:
        display.print_json(told)
    else:
        out = display.console()
        out.print(Text(f"{told['jobs']} jobs in {told['folder']} (journal {told['journal']}, file "
                       f"system {told['file_system'] or 'unknown'})"), soft_wrap=True)
        for remark in told["remarks"]:
            out.print(Text(remark), soft_wrap=True)
        if not told["remarks"]:
            out.print(Text("nothing is wrong"))
    raise typer.Exit(1 if told["wrong"] else 0)


def _ago(seconds: float) -> str:
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
