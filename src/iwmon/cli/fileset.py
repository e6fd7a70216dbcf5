"""Files that belong together, into one folder: all of them, or none, and then what was there before stays."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from iwmon.cli.call import Misuse
from iwmon.model import Failure

_DRAFT = ".iwmon-draft-"  # and eight letters
_KEPT = "before"  # in the draft: what is replaced, until all is


def ready(folder: Path) -> None:
    """Raises Misuse where nothing can be written: better told before an hour's replay than after it."""
    try:
        above = (folder, *folder.absolute().parents)
        there = next(path for path in above if path.exists() or path.is_symlink())
        if not there.is_dir():
            raise Misuse("it is no folder", where=str(there), hint="name a folder; it is made if need be")
        if not os.access(there, os.W_OK | os.X_OK):
            raise Misuse("it may not be written to", where=str(there), hint="name a folder of your own")
    except OSError as error:
        raise Misuse(f"it cannot be a folder: {error.strerror}", where=str(folder)) from error


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Files by name, in UTF-8 with line ends as they are; the folder is made if need be.

    They are drafted in a folder inside it, so that putting them in place needs no room. Raises Failure where
    that fails; then, and when it is interrupted, the folder is as it was. Drafts that a killed process left
    there go first.
    """
    made = [path for path in (folder, *folder.absolute().parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        with _drafting(folder) as draft:
            for name, content in files.items():
                (draft / name).write_text(content, encoding="utf-8", newline="")
            _put(draft, folder, files)
    except BaseException as error:
        with suppress(OSError):  # somebody else has put something there meanwhile
            for path in made:
                path.rmdir()
        if isinstance(error, OSError):
            hint = "nothing there has changed; make room, or name another folder"
            raise Failure(f"cannot be written: {error.strerror}", where=str(folder), hint=hint) from error
        raise


@contextmanager
def _drafting(folder: Path) -> Iterator[Path]:
    """A new folder in `folder`, gone at the end; locked meanwhile, so that nobody takes it for abandoned."""
    draft: Path | None = None
    handle: int | None = None  # None at the end: a file system without locks, where nobody clears away
    try:
        while draft is None or (handle is None and not draft.is_dir()):
            draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=folder))
            try:
                handle = _held(draft)
            except BlockingIOError:  # who looks for abandoned ones was quicker, and clears it away
                draft = None
        yield draft
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _held(draft: Path) -> int | None:
    """Its lock, which the system releases when the process ends, however it ends; to be closed.

    None: it is gone, or cannot be locked. Raises BlockingIOError where another process holds it.
    """
    try:
        handle = os.open(draft, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), os.stat(draft)):  # not cleared away before we had it
            return handle
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:
        pass
    os.close(handle)
    return None


def _clear(folder: Path) -> None:
    """Takes away the drafts of processes that were killed.

    What such a process had moved aside, and did not come to replace, returns to its place.
    """
    for draft in folder.glob(f"{_DRAFT}*"):
        with suppress(OSError):  # it is in use, or not ours to touch
            handle = _held(draft)
            if handle is None:
                continue
            try:
                for kept in (draft / _KEPT).glob("*"):
                    if not os.path.lexists(folder / kept.name):
                        kept.rename(folder / kept.name)
                shutil.rmtree(draft, ignore_errors=True)
            finally:
                os.close(handle)


def _put(draft: Path, folder: Path, names: Collection[str]) -> None:
    """The drafts into their places; all that was there is put back where one of them cannot be."""
    kept = draft / _KEPT
    kept.mkdir()
    for name in names:
        if (folder / name).is_dir():
            hint = "nothing was written; move it away, or name another folder"
            raise Failure("a file is to be here, and it is a folder", where=str(folder / name), hint=hint)
    before = [name for name in names if os.path.lexists(folder / name)]
    try:
        for name in names:
            if name in before:
                (folder / name).rename(kept / name)
            (draft / name).rename(folder / name)
    except BaseException:
        # By what is there, not by what was noted: an interrupt comes between any two lines.
        for name in names:
            if name not in before and not (draft / name).exists():
                (folder / name).unlink()
            elif os.path.lexists(kept / name):
                (kept / name).replace(folder / name)
        raise
