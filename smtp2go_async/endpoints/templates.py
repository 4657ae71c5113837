"""Manage templates of e-mails.

Subject and bodies are written in Handlebars, with variables as ``{{ name }}``; ``email.send`` takes their values as
``template_data``.
"""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import attrs

from .._model_class import PersonalText, model, named
from .._operation import Operation
from .._paging import Page, all_of
from .._values.checks import check_count, check_some, check_word
from .._values.options import Options
from ..reply import EmptyReply, Reply
from ..retry import CallEffect
from ._group import EndpointGroup
from ._sorting import SortDirection

MIN_ID_LENGTH, MAX_ID_LENGTH = 5, 24
"""Characters of a new id (the reference of ``/template/add``)."""

MAX_NAME_LENGTH = 64
"""Characters of a name (the same page)."""


class TemplateOptions(Options, total=False):
    """The options of a template besides its texts."""

    template_variables: Mapping[str, Any] | None
    """The variables, each with an example value."""
    tags: Sequence[str] | None
    """Words to find the template by."""


class TemplateChanges(TemplateOptions, total=False):
    """The parts of a template that can be changed; each can be left out."""

    new_id: str | None
    """A new id of 5 to 24 characters. The old id then names no template, so e-mails must use the new id."""
    template_name: str | None
    """A new name of 1 to 64 characters."""
    subject: str | None
    """A new subject."""
    html_body: str | None
    """A new HTML body."""
    text_body: str | None
    """A new plain text. It is not made from the HTML."""


class TemplateFilters(Options, total=False):
    """What a search looks for; each filter can be left out."""

    search_terms: Sequence[str] | None
    """Texts of which a template must have any in its name, id, subject or tags."""
    fuzzy_search: bool | None
    """True to match the terms with wildcards; they match exactly when left out."""
    tags: Sequence[str] | None
    """Tags of which a template must have any."""
    sort_direction: SortDirection | None
    """The order: ``asc`` or ``desc``; ``asc`` when left out."""


@model
class TemplateSummary:
    """A template as a search shows it."""

    id: str = ""
    """The id to give ``email.send`` as ``template_id``; upper and lower case differ."""
    name: str = attrs.field(default="", metadata=named("name", "template_name"))
    subject: PersonalText = ""
    tags: tuple[str, ...] = ()
    last_updated: dt.datetime | None = None


@model
class Template(TemplateSummary, Reply):
    """A template."""

    html_body: PersonalText = ""
    text_body: PersonalText = ""
    template_variables: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    """Its variables, each with an example value."""


@model
class SavedTemplate(Template):
    """A template as it is after a change."""

    name: str = attrs.field(default="", metadata=named("template_name", "name"))
    """The API has another name for this field in the responses to `Templates.add` and `Templates.edit`."""


@model
class TemplatePage(Page):
    """A page of templates."""

    templates: tuple[TemplateSummary, ...] = ()
    total_count: int | None = None
    """Templates on all pages together."""


ADD = Operation("/template/add", SavedTemplate, effect=CallEffect.CONVERGES)
DELETE = Operation("/template/delete", EmptyReply, effect=CallEffect.CONVERGES)
EDIT = Operation("/template/edit", SavedTemplate, effect=CallEffect.CONVERGES)
SEARCH = Operation("/template/search", TemplatePage, effect=CallEffect.READ)
VIEW = Operation("/template/view", Template, effect=CallEffect.READ)


class Templates(EndpointGroup):
    """Templates of e-mails (https://developers.smtp2go.com/reference/search-email-templates)."""

    async def add(
        self,
        template_name: str,
        id: str,
        subject: str,
        html_body: str,
        text_body: str,
        **options: Unpack[TemplateOptions],
    ) -> SavedTemplate:
        """Add a template.

        ``POST /template/add`` (https://developers.smtp2go.com/reference/add-an-email-template). The plain text is not
        made from the HTML, unlike in the provider's web application.

        Args:
            template_name: A name of 1 to 64 characters.
            id: An id of 5 to 24 characters; upper and lower case differ.
            subject: The subject; ``{{custom_subject}}`` lets each e-mail have its own.
            html_body: The HTML body.
            text_body: The plain text body.
            **options: See `TemplateOptions`.

        Raises:
            ValueError: The name or an id is too short or too long, a tag is empty, or the template is over 1 MB in all.
        """
        check_word(template_name, "template_name", most=MAX_NAME_LENGTH)
        check_word(id, "id", least=MIN_ID_LENGTH, most=MAX_ID_LENGTH)
        fields = {"template_name": template_name, "id": id, "subject": subject, "html_body": html_body}
        return await self._call(ADD, {**fields, "text_body": text_body, **TemplateOptions(**options)})

    async def delete(self, id: str) -> EmptyReply:
        """Delete a template.

        ``POST /template/delete`` (https://developers.smtp2go.com/reference/remove-an-email-template)

        Args:
            id: The id of the template; upper and lower case differ.
        """
        return await self._call(DELETE, {"id": id})

    async def edit(self, id: str, **changes: Unpack[TemplateChanges]) -> SavedTemplate:
        """Change some parts of a template and keep the others.

        ``POST /template/edit`` (https://developers.smtp2go.com/reference/update-an-email-template)

        Args:
            id: The id of the template; upper and lower case differ.
            **changes: See `TemplateChanges`.

        Raises:
            ValueError: The name or an id is too short or too long, a tag is empty, or the template is over 1 MB in all.
        """
        if (new_id := changes.get("new_id")) is not None:
            check_word(new_id, "new_id", least=MIN_ID_LENGTH, most=MAX_ID_LENGTH)
        if (template_name := changes.get("template_name")) is not None:
            check_word(template_name, "template_name", most=MAX_NAME_LENGTH)
        return await self._call(EDIT, {"id": id, **TemplateChanges(**changes)})

    async def search(
        self, *, page_size: int | None = None, continue_token: str | None = None, **filters: Unpack[TemplateFilters]
    ) -> TemplatePage:
        """Fetch a page of templates, without their bodies.

        ``POST /template/search`` (https://developers.smtp2go.com/reference/search-email-templates)

        Args:
            page_size: The largest number of templates on the page; 100 when left out.
            continue_token: The ``continue_token`` of the previous page; all other arguments must be as they were then.
            **filters: See `TemplateFilters`.

        Raises:
            ValueError: The page size is below 1, or a list is empty.
        """
        fields = TemplateFilters(**filters)
        check_some(fields.get("search_terms"), "search_terms")
        check_some(fields.get("tags"), "tags")
        if page_size is not None:
            check_count(page_size, "page_size")
        return await self._call(SEARCH, {**fields, "page_size": page_size, "continue_token": continue_token})

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[TemplateFilters]
    ) -> AsyncIterator[TemplateSummary]:
        """Iterate over the templates of all pages.

        ``POST /template/search`` (https://developers.smtp2go.com/reference/search-email-templates), once for each page.

        Args:
            page_size: The largest number of templates on a page; 100 when left out.
            max_items: Stop after this many templates.
            **filters: See `TemplateFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        fetch = partial(self.search, page_size=page_size, **TemplateFilters(**filters))
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.templates, max_items)

    async def view(self, id: str) -> Template:
        """Fetch a template with its bodies.

        ``POST /template/view`` (https://developers.smtp2go.com/reference/view-template-details)

        Args:
            id: The id of the template; upper and lower case differ.
        """
        return await self._call(VIEW, {"id": id})
