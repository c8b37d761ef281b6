"""Secrets stay in memory: who asks an address is never stored, printed or passed to a process.

An address may name a user and a password, ``https://user:password@host``. Whatever keeps, shows or
passes on an address does it :func:`without_secrets`; the secret itself waits in this process's
memory until something that connects asks for it (:func:`with_secrets`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

__all__ = ["keep_secrets", "known_secrets", "learn_secrets", "with_secrets", "without_secrets"]

# In running text: up to the last @ of a word. In a value that is an address: up to its last @.
_IN_TEXT = re.compile(r"(?<=://)[^\s'\"<>|,]*@")
_ADDRESS = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*://)(.*)@([^@]*)", re.DOTALL)
_SHORTEST = 4  # characters; shorter ones would be found in innocent words

_known: dict[str, str] = {}  # address without -> address with
_words: set[str] = set()  # what a library may repeat without the address round it


def keep_secrets(value: Any) -> Any:
    """Return a value without the users and passwords of its addresses, and remember those.

    Parameters
    ----------
    value : object
        Plain data, an option of a backend for instance: addresses are looked for in all its texts.
        A text that is one address, or ``NAME=ADDRESS``, may hold any characters before the ``@``.

    Returns
    -------
    object
        Of the same shape.
    """
    return _map(value, _keep)


def _keep(text: str) -> str:
    head, equals, tail = text.partition("=") if re.match(r"[\w-]+=", text) else ("", "", text)
    found = _ADDRESS.fullmatch(tail)
    if found is None:
        return _strip(text)
    scheme, user_info, rest = found.groups()
    learn_secrets({scheme + rest: f"{scheme}{user_info}@{rest}"})
    return f"{head}{equals}{scheme}{rest}"


def learn_secrets(known: Mapping[str, str]) -> None:
    """Remember addresses with their secrets, as :func:`known_secrets` of another process gave them.

    Parameters
    ----------
    known : mapping of str to str
        Address without user and password -> the same with them.
    """
    _known.update(known)
    for address in known.values():
        user_info = address.partition("://")[2].rpartition("@")[0]
        user, _, password = user_info.partition(":")
        for word in (user_info, password):
            _words.update((word, unquote(word)))
        _words.add(base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode())


def known_secrets(value: Any) -> dict[str, str]:
    """Return what :func:`learn_secrets` needs elsewhere to connect to a value's addresses."""
    found: dict[str, str] = {}

    def look(text: str) -> str:
        found.update({a: s for a, s in _known.items() if text == a or text.endswith(f"={a}")})
        return text

    _map(value, look)
    return found


def with_secrets(value: Any) -> Any:
    """Return a value with the users and passwords of its addresses, for the moment of use."""
    return _map(value, _put_back)


def _put_back(text: str) -> str:
    head, equals, tail = text.partition("=")
    return _known.get(text) or (head + equals + _known[tail] if tail in _known else text)


def without_secrets(value: Any) -> Any:
    """Return a value without the users and passwords of its addresses.

    Parameters
    ----------
    value : object
        Plain data; also running text, such as the words of another program's error.

    Returns
    -------
    object
        Of the same shape.

    Examples
    --------
    >>> without_secrets("cannot reach https://me:secret@host:80/jobs")
    'cannot reach https://host:80/jobs'
    """
    return _map(value, _strip)


def _strip(text: str) -> str:
    if "@" in text:
        text = _IN_TEXT.sub("", text)
    for word in sorted(_words, key=len, reverse=True):
        if len(word) >= _SHORTEST:
            text = text.replace(word, "***")
    return text


def _map(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_map(k, change): _map(v, change) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_map(v, change) for v in value)
    return value
