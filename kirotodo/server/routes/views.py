"""Saved views: filters with a name."""

from typing import Annotated

from fastapi import Path

from kirotodo.core.domain.view import View
from kirotodo.server.dependencies import Editing, Mine, user_router
from kirotodo.server.openapi import problems
from kirotodo.server.schemas import ViewBody, ViewName, Views

router = user_router("views", prefix="/views")
Name = Annotated[ViewName, Path(description="The name of a view, in upper or lower case.")]


@router.get("")
async def list_views(backend: Mine) -> Views:
    """Return the saved views, pinned ones first; one whose filter can't be read says why, and where."""
    return Views(items=await backend.views())


@router.post("", status_code=201, responses=problems(412, 413))
async def save_view(body: ViewBody, backend: Editing) -> View:
    """Save a view, in place of the one of its name."""
    return await backend.save_view(body.view())


@router.put("/{name}", responses=problems(404, 412, 413))
async def change_view(name: Name, body: ViewBody, backend: Mine) -> View:
    """Replace a view with what is given, its name included."""
    return await backend.save_view(body.view(), instead_of=name)


@router.delete("/{name}", responses=problems(404, 412))
async def delete_view(name: Name, backend: Mine) -> View:
    """Remove a view, and return it as it was; its tasks stay."""
    return await backend.delete_view(name)
