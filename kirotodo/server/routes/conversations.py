"""Conversations and their messages."""

from typing import Annotated

from fastapi import Query, Response

from kirotodo.core.domain.conversation import Conversation, Transcript
from kirotodo.core.domain.task import Page
from kirotodo.server.conditional_requests import Depending, read, tagged
from kirotodo.server.dependencies import ConversationId, Editing, EditingOne, MessageSeq, Mine, user_router
from kirotodo.server.openapi import carries, not_modified, problems
from kirotodo.server.schemas import ConversationQuery, TitleBody, TranscriptQuery

router = user_router("conversations", prefix="/conversations")


@router.get("")
async def list_conversations(where: Annotated[ConversationQuery, Query()], backend: Mine) -> Page[Conversation]:
    """Conversations, latest first."""
    return await backend.conversations(search=where.search, limit=where.limit, cursor=where.cursor)


@router.get(
    "/{conversation_id}",
    response_model=Conversation,
    responses={200: carries("ETag"), 304: not_modified(), **problems(404, 412)},
)
async def get_conversation(
    conversation_id: ConversationId, backend: Mine, conditions: Depending, response: Response
) -> Conversation | Response:
    """One conversation."""
    return read(await backend.conversation(conversation_id), conditions, response)


@router.patch("/{conversation_id}", responses={200: carries("ETag"), **problems(404, 412, 413)})
async def rename_conversation(
    conversation_id: ConversationId, body: TitleBody, backend: EditingOne, conditions: Depending, response: Response
) -> Conversation:
    """Give it another title."""

    def check(conversation: Conversation) -> None:
        conditions.check(conversation)
        body.check(conversation)

    return tagged(await backend.rename_conversation(conversation_id, body.title, check=check), response)


@router.delete("/{conversation_id}", status_code=204, responses=problems(404, 412))
async def delete_conversation(conversation_id: ConversationId, backend: Mine, conditions: Depending) -> None:
    """Put it out of sight; a live turn in it is cancelled. `restore` brings it back."""
    await backend.delete_conversation(conversation_id, check=conditions.check)


@router.post("/{conversation_id}/restore", responses={200: carries("ETag"), **problems(404, 412)})
async def restore_conversation(conversation_id: ConversationId, backend: Editing, response: Response) -> Conversation:
    """Bring a deleted conversation back."""
    return tagged(await backend.restore_conversation(conversation_id), response)


@router.post("/{conversation_id}/branches/{seq}/show", responses={200: carries("ETag"), **problems(404, 409, 412)})
async def show_branch(
    conversation_id: ConversationId, seq: MessageSeq, backend: Editing, response: Response
) -> Conversation:
    """Show a variant of a message, and what followed it, instead of the one that is shown; tasks stay as they are."""
    return tagged(await backend.show_branch(conversation_id, seq), response)


@router.get("/{conversation_id}/messages", responses=problems(404))
async def list_messages(
    conversation_id: ConversationId, where: Annotated[TranscriptQuery, Query()], backend: Mine
) -> Transcript:
    """Return the newest messages, oldest first, with the turns they belong to; `before` asks for older ones."""
    return await backend.transcript(conversation_id, before=where.before, limit=where.limit)
