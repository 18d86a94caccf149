"""Everything that can go wrong, in one tree; each class says whose move it is.

    KirotodoError
    ├── UserError                 the user's move: ask differently
    │   ├── InvalidInput          a value that cannot be taken, and what would do
    │   ├── NotFound              no such task, conversation or turn (foreign ids look the same)
    │   ├── Conflict              something else stands in the way
    │   │   ├── LiveTurn          the conversation has a turn under way; carries its id
    │   │   └── NotUndoable       nothing to undo, or the task has moved on since
    │   ├── PreconditionFailed    it is not any more as the request takes it to be
    │   ├── KeyReused             a request key came back with another body
    │   ├── TooLarge              more than a request may hold
    │   ├── RateLimited           too many requests; carries when to come again
    │   ├── NotSignedIn           no token, or one that is not valid any more
    │   └── Forbidden             a valid token of somebody else
    │       └── DeletionPending   the account is to be deleted, and closed until that is taken back
    ├── ToolError                 the model's move: the call was wrong; the text says how to mend it
    ├── ModelError                the model's side failed; `retryable` says whether again may help
    │   └── TurnTimedOut          a turn over its deadline
    └── OperatorError             the move of whoever runs this: machine, disk, configuration
        ├── ConfigError           a setting or the configuration file is wrong
        ├── StorageError          the database cannot be read or written
        │   ├── StorageBusy       another program holds it
        │   ├── StorageFull       no room left on the disk
        │   ├── StorageReadOnly   the folder or the file cannot be written
        │   ├── StorageCorrupt    the file is no database, or a damaged one
        │   ├── StorageTooNew     a newer kirotodo wrote it
        │   ├── StorageBehind     its migrations are behind this release
        │   └── StorageDown       the database server does not answer
        └── Unreachable           the server does not answer
            └── Draining          it is about to stop; another one takes over

Failures are raised, never returned. Every message is one plain sentence or two, fit to be shown as it is: what was
wrong, and what to do.
"""

from typing import Literal

Code = Literal[
    "invalid_input",
    "not_found",
    "conflict",
    "live_turn",
    "not_undoable",
    "precondition_failed",
    "key_reused",
    "too_large",
    "rate_limited",
    "not_signed_in",
    "forbidden",
    "deletion_pending",
    "tool_error",
    "model_error",
    "turn_timed_out",
    "operator_error",
    "config_error",
    "storage_error",
    "storage_busy",
    "storage_full",
    "storage_read_only",
    "storage_corrupt",
    "storage_too_new",
    "storage_behind",
    "storage_down",
    "unreachable",
    "draining",
    "internal_error",
]


class KirotodoError(Exception):
    """The root. `message` is the sentence to show; `code` is stable and meant for programs."""

    code: Code = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UserError(KirotodoError):
    """The user's move."""

    code: Code = "invalid_input"


class InvalidInput(UserError):
    """A value that cannot be taken."""


class NotFound(UserError):
    """No such thing, or not yours: the two are told apart by nobody."""

    code: Code = "not_found"


class Conflict(UserError):
    """What was asked stands against the present state."""

    code: Code = "conflict"


class LiveTurn(Conflict):
    """The conversation already has a turn under way."""

    code: Code = "live_turn"

    def __init__(self, message: str, *, turn_id: str) -> None:
        super().__init__(message)
        self.turn_id = turn_id


class NotUndoable(Conflict):
    """Nothing is left to undo (or redo), or later changes stand in the way."""

    code: Code = "not_undoable"


class PreconditionFailed(UserError):
    """What was to be changed is not, or not any more, as the request takes it to be; nothing was done."""

    code: Code = "precondition_failed"


class KeyReused(UserError):
    """A request key was used before with another body."""

    code: Code = "key_reused"


class TooLarge(UserError):
    """More than a request may hold."""

    code: Code = "too_large"


class RateLimited(UserError):
    """Too many requests; `retry_after` is the number of seconds after which one may be made again."""

    code: Code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotSignedIn(UserError):
    """No token, or one that does not hold (any more)."""

    code: Code = "not_signed_in"


class Forbidden(UserError):
    """A token that holds, for somebody else."""

    code: Code = "forbidden"


class DeletionPending(Forbidden):
    """The account is to be deleted. It can be kept, and cannot be used until it is."""

    code: Code = "deletion_pending"


class ToolError(KirotodoError):
    """A tool call that cannot be run as it stands; the model may mend it and call again."""

    code: Code = "tool_error"


class ModelError(KirotodoError):
    """The model failed; nothing of the list is lost."""

    code: Code = "model_error"

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class TurnTimedOut(ModelError):
    """A turn over its deadline."""

    code: Code = "turn_timed_out"


class OperatorError(KirotodoError):
    """The move of whoever runs this program. `public` is the sentence for anybody else, where there is one of its own:
    `message` may name files and services."""

    public = ""
    code: Code = "operator_error"


class ConfigError(OperatorError):
    """A setting, or the configuration file, is wrong."""

    code: Code = "config_error"


class StorageError(OperatorError):
    """The database cannot be read or written."""

    code: Code = "storage_error"


class StorageBusy(StorageError):
    """Another program holds the database for longer than we wait."""

    code: Code = "storage_busy"


class StorageFull(StorageError):
    """No room left on the device."""

    code: Code = "storage_full"


class StorageReadOnly(StorageError):
    """The database or its folder cannot be written."""

    code: Code = "storage_read_only"


class StorageCorrupt(StorageError):
    """The file is damaged or not a database."""

    code: Code = "storage_corrupt"


class StorageTooNew(StorageError):
    """The database was written by a newer release."""

    code: Code = "storage_too_new"


class StorageBehind(StorageError):
    """The database has yet to be migrated to this release."""

    code: Code = "storage_behind"


class StorageDown(StorageError):
    """The database server does not answer."""

    code: Code = "storage_down"


class Unreachable(OperatorError):
    """The server or model endpoint does not answer."""

    code: Code = "unreachable"


class Draining(Unreachable):
    """The server is about to stop and takes no new work; ask again, and another one answers."""

    code: Code = "draining"
