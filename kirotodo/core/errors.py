"""All errors, in one tree; each class says who has to act.

    KirotodoError
    ├── UserError                 the user: change the request
    │   ├── InvalidInput          a value is not accepted; the message says what is
    │   │   └── FilterError       a filter cannot be read; carries the place
    │   ├── NotFound              no such task, conversation or turn (those of other users look the same)
    │   ├── Conflict              the request conflicts with the present state
    │   │   ├── LiveTurn          the conversation has a turn in progress; carries its id
    │   │   └── NotUndoable       nothing to undo, or the task has changed since
    │   ├── PreconditionFailed    the thing is no longer as the request expects it
    │   ├── KeyReused             a request key came back with another body
    │   ├── TooLarge              a limit on the request's size is exceeded
    │   ├── RateLimited           too many requests; carries when to try again
    │   ├── NotSignedIn           the token is missing, invalid or expired
    │   └── Forbidden             a valid token of another user
    │       └── DeletionPending   the account is scheduled for deletion, and closed unless that is cancelled
    ├── ToolError                 the model: the call was wrong; the message says how to correct it
    ├── ModelError                the model's service failed; `retryable` says whether trying again may help
    │   └── TurnTimedOut          a turn exceeded its deadline
    └── OperatorError             whoever runs the program: machine, disk, configuration
        ├── ConfigError           a setting or the configuration file is wrong
        ├── StorageError          the database cannot be read or written
        │   ├── StorageBusy       another program has locked it
        │   ├── StorageFull       no space is left on the disk
        │   ├── StorageReadOnly   the folder or the file is read-only
        │   ├── StorageCorrupt    the file is not a database, or a damaged one
        │   ├── StorageTooNew     a newer kirotodo wrote it
        │   ├── StorageBehind     it has not been migrated to this release
        │   └── StorageDown       the database server does not answer
        └── Unreachable           the server or model service does not answer
            └── Draining          the server is shutting down; another one takes over

Failures are raised, never returned. Every message is one plain sentence or two that can be shown as it is: what
happened, and what to do.
"""

from typing import Final, Literal

Code = Literal[
    "invalid_input",
    "invalid_filter",
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
    """The root of the tree. `message` is the sentence to show; `code` is stable and meant for programs."""

    code: Code = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UserError(KirotodoError):
    """The user can fix this by changing the request."""

    code: Code = "invalid_input"


class InvalidInput(UserError):
    """A value that cannot be accepted."""


class FilterError(InvalidInput):
    """A filter cannot be read. `position` is the place in `text`, in characters from 0; `suggestion` is what to write
    there instead, where it can be guessed."""

    code: Code = "invalid_filter"

    def __init__(self, message: str, *, text: str, position: int, suggestion: str | None = None) -> None:
        super().__init__(f"{message} Did you mean {suggestion}?" if suggestion else message)
        self.sentence = message
        self.text = text
        self.position = position
        self.suggestion = suggestion


class NotFound(UserError):
    """The thing does not exist or belongs to another user; the two look the same."""

    code: Code = "not_found"


class Conflict(UserError):
    """The request conflicts with the present state."""

    code: Code = "conflict"


class LiveTurn(Conflict):
    """The conversation already has a turn in progress."""

    code: Code = "live_turn"

    def __init__(self, message: str, *, turn_id: str) -> None:
        super().__init__(message)
        self.turn_id = turn_id


class NotUndoable(Conflict):
    """There is nothing to undo (or redo), or later changes prevent it."""

    code: Code = "not_undoable"


class PreconditionFailed(UserError):
    """The thing to change is no longer as the request expects it; nothing was changed."""

    code: Code = "precondition_failed"


TASK_CHANGED: Final = (
    "The task has changed since you opened it, so nothing was saved. "
    "Open it again to see the change, then make yours once more."
)


class KeyReused(UserError):
    """A request key was used before with another body."""

    code: Code = "key_reused"


class TooLarge(UserError):
    """The request exceeds a limit on its size."""

    code: Code = "too_large"


class RateLimited(UserError):
    """There were too many requests; the next may be made after `retry_after` seconds."""

    code: Code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotSignedIn(UserError):
    """The token is missing, invalid or expired."""

    code: Code = "not_signed_in"


class Forbidden(UserError):
    """The token is valid but belongs to another user."""

    code: Code = "forbidden"


class DeletionPending(Forbidden):
    """The account is scheduled for deletion, and closed unless its user cancels that."""

    code: Code = "deletion_pending"


class ToolError(KirotodoError):
    """A tool call cannot be run as it stands; the model may correct it and call again."""

    code: Code = "tool_error"


class ModelError(KirotodoError):
    """The model failed; the list is unharmed. `retryable` says whether trying again may help."""

    code: Code = "model_error"

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class TurnTimedOut(ModelError):
    """A turn exceeded its deadline."""

    code: Code = "turn_timed_out"


class OperatorError(KirotodoError):
    """The operator must fix this: the person who runs the program or the server.

    `message` may name files and services; `public` is the sentence for everyone else, where it differs.
    """

    public = ""
    code: Code = "operator_error"


class ConfigError(OperatorError):
    """A setting or the configuration file is wrong."""

    code: Code = "config_error"


class StorageError(OperatorError):
    """The database cannot be read or written."""

    code: Code = "storage_error"


class StorageBusy(StorageError):
    """Another program has locked the database for longer than we wait."""

    code: Code = "storage_busy"


class StorageFull(StorageError):
    """No space is left on the device."""

    code: Code = "storage_full"


class StorageReadOnly(StorageError):
    """The database or its folder is read-only."""

    code: Code = "storage_read_only"


class StorageCorrupt(StorageError):
    """The file is damaged or is not a database."""

    code: Code = "storage_corrupt"


class StorageTooNew(StorageError):
    """The database was written by a newer release."""

    code: Code = "storage_too_new"


class StorageBehind(StorageError):
    """The database has not been migrated to this release."""

    code: Code = "storage_behind"


class StorageDown(StorageError):
    """The database server does not answer."""

    code: Code = "storage_down"


class Unreachable(OperatorError):
    """The server or model service does not answer."""

    code: Code = "unreachable"


class Draining(Unreachable):
    """The server is shutting down and takes no new work; a retry reaches another one."""

    code: Code = "draining"
