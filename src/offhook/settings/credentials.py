"""Who may sign, and with what: accounts with their auth tokens, and shared keys."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from offhook.settings.secret import WAY_OUT, Secret, resolve
from offhook.settings.sources import Problems, Sources
from offhook.settings.table import BY_NAME, Account, SharedKey

_ALGORITHMS: Final = ("hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512")


def read(value: object, environ: Mapping[str, str], *, literal: bool) -> tuple[Secret, ...]:
    """The secrets that a value means: a reference, or several (a list, or text with commas). Raises ValueError."""
    references = value if isinstance(value, list | tuple) else str(value).split(",")
    if not all(isinstance(each, str) for each in references):
        raise ValueError(f"that is not text: {WAY_OUT}")
    return tuple(secret for each in references if each.strip() for secret in resolve(each.strip(), environ, literal=literal))


def only(secrets: tuple[Secret, ...]) -> Secret:
    """The one secret. Raises ValueError where there are several."""
    if len(secrets) != 1:
        raise ValueError(f"that makes {len(secrets)} secrets, and this is one: put further ones into auth_tokens")
    return secrets[0]


def accounts(sources: Sources, values: Mapping[str, Any], environ: Mapping[str, str], problems: Problems) -> tuple[Account, ...]:
    """The main account first, then those of the file's `[accounts.AC…]` tables."""
    main = str(values["account_sid"] or "")
    tokens: dict[str, tuple[Secret, ...]] = {}
    if values["auth_token"] or values["auth_tokens"]:
        tokens[main] = (*filter(None, [values["auth_token"]]), *values["auth_tokens"])
    for sid, table in sources.accounts.items():
        where = f"{sources.file}: [accounts.{sid}]"
        found = _tokens(sid, table, environ, (where, problems))
        tokens[sid] = (*tokens.get(sid, ()), *found)
    return tuple(Account(sid=sid, auth_tokens=tuple(dict.fromkeys(found))) for sid, found in tokens.items() if found)


def shared_keys(sources: Sources, environ: Mapping[str, str], problems: Problems) -> tuple[SharedKey, ...]:
    """The shared keys of the file's `[shared_keys.ID]` tables."""
    keys = []
    for key_id, table in sources.shared_keys.items():
        where = f"{sources.file}: [shared_keys.{key_id}]"
        _refuse_others(table, ("algorithm", "secret"), where, problems)
        algorithm = str(table.get("algorithm", "")).lower().replace("_", "-")
        if algorithm not in _ALGORITHMS:
            problems.add(where, f"algorithm is missing or unknown: write one of {', '.join(_ALGORITHMS)}")
        try:
            secret = only(read(table.get("secret", ""), environ, literal=False))
        except ValueError as error:
            problems.add(f"{where} secret", error)
            continue
        keys.append(SharedKey(key_id=key_id, algorithm=algorithm, secret=secret))
    return tuple(keys)


def _tokens(sid: str, table: Mapping[str, Any], environ: Mapping[str, str], report: tuple[str, Problems]) -> tuple[Secret, ...]:
    where, problems = report
    _refuse_others(table, ("auth_token",), where, problems)
    try:
        BY_NAME["account_sid"].kind.read(sid)
        found = read(table.get("auth_token", ""), environ, literal=False)
    except ValueError as error:
        problems.add(where, error)
        return ()
    if not found:
        problems.add(where, 'it has no token: write auth_token = "env:NAME", or a list of such')
    return found


def _refuse_others(table: Iterable[str], known: tuple[str, ...], where: str, problems: Problems) -> None:
    for key in table:
        if key not in known:
            problems.add(where, f"{key} is not a key: write {' and '.join(known)}")
