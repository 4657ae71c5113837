"""Manage templates of e-mails.

| method       | call                            | effect    |
|--------------|---------------------------------|-----------|
| `add`        | POST /template/add              | CONVERGES |
| `delete`     | POST /template/delete           | CONVERGES |
| `edit`       | POST /template/edit             | CONVERGES |
| `search`     | POST /template/search, one page | READ      |
| `search_all` | POST /template/search, all pages| READ      |
| `view`       | POST /template/view             | READ      |

Subject and bodies are written in Handlebars, with variables as ``{{ name }}``; ``email.send`` takes their values as
``template_data``.
"""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Unpack

import attrs

from .._models.model import EmptyReply, PersonalText, Reply, model, named
from .._operation import CallEffect, Operation
from .._paging import Page, all_of
from .._values.checks import check_count, check_some, check_word
from .._values.options import Options
from ._group import EndpointGroup

MIN_ID_LENGTH, MAX_ID_LENGTH = 5, 24
"""Characters of a new id (the reference of ``/template/add``)."""

MAX_NAME_LENGTH = 64
"""Characters of a name (the same page)."""

SortDirection = Literal["asc", "desc"] | str


class TemplateOptions(Options, total=False):
    """What a template can have besides its texts."""

    template_variables: Mapping[str, Any] | None
    """The variables, each with an example of a value."""
    tags: Sequence[str] | None
    """Words to find it by."""


class TemplateChanges(TemplateOptions, total=False):
    """What can be changed of a template; each can be left out."""

    new_id: str | None
    """5 to 24 characters. The old id names no template then, so e-mails must name this one."""
    template_name: str | None
    """1 to 64 characters."""
    subject: str | None
    html_body: str | None
    text_body: str | None
    """It does not follow the HTML by itself."""


class TemplateFilters(Options, total=False):
    """What a search looks for; each can be left out."""

    search_terms: Sequence[str] | None
    """Templates with any of these in their name, id, subject or tags."""
    fuzzy_search: bool | None
    """Match the terms with wildcards; exactly when left out."""
    tags: Sequence[str] | None
    """Templates with any of these tags."""
    sort_direction: SortDirection | None
    """``asc`` or ``desc``; ascending when left out."""


@model
class TemplateSummary:
    """A template as a search shows it."""

    id: str = ""
    """What ``email.send`` takes as ``template_id``; upper and lower case differ."""
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
    """Its variables, each with an example of a value."""


@model
class SavedTemplate(Template):
    """A template as it is after a change."""

    name: str = attrs.field(default="", metadata=named("template_name", "name"))
    """The API has another name for this field in the answers of `Templates.add` and `Templates.edit`."""


@model
class TemplatePage(Page):
    """One page of templates."""

    templates: tuple[TemplateSummary, ...] = ()
    total_count: int | None = None
    """How many there are on all pages."""


ADD = Operation("/template/add", SavedTemplate, effect=CallEffect.CONVERGES)
DELETE = Operation("/template/delete", EmptyReply, effect=CallEffect.CONVERGES)
EDIT = Operation("/template/edit", SavedTemplate, effect=CallEffect.CONVERGES)
SEARCH = Operation("/template/search", TemplatePage, effect=CallEffect.READ)
VIEW = Operation("/template/view", Template, effect=CallEffect.READ)


class Templates(EndpointGroup):
    """Templates of e-mails."""

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

        ``POST /template/add``. The plain text is not made from the HTML, as it is in the provider's web application.

        Args:
            template_name: 1 to 64 characters.
            id: 5 to 24 characters of your choice; upper and lower case differ.
            subject: The subject; as ``{{custom_subject}}`` it lets each e-mail bring its own.
            html_body: The HTML.
            text_body: The plain text.
            **options: See `TemplateOptions`.

        Raises:
            ValueError: A name or id that is too short or too long, an empty tag, or more than 1 MB in all.
        """
        check_word(template_name, "template_name", most=MAX_NAME_LENGTH)
        check_word(id, "id", least=MIN_ID_LENGTH, most=MAX_ID_LENGTH)
        fields = {"template_name": template_name, "id": id, "subject": subject, "html_body": html_body}
        return await self._call(ADD, {**fields, "text_body": text_body, **options})

    async def delete(self, id: str) -> EmptyReply:
        """Delete a template.

        ``POST /template/delete``

        Args:
            id: Its id; upper and lower case differ.
        """
        return await self._call(DELETE, {"id": id})

    async def edit(self, id: str, **changes: Unpack[TemplateChanges]) -> SavedTemplate:
        """Change a template; what is left out stays as it is.

        ``POST /template/edit``

        Args:
            id: Its id; upper and lower case differ.
            **changes: See `TemplateChanges`.

        Raises:
            ValueError: A name or id that is too short or too long, an empty tag, or more than 1 MB in all.
        """
        if (new_id := changes.get("new_id")) is not None:
            check_word(new_id, "new_id", least=MIN_ID_LENGTH, most=MAX_ID_LENGTH)
        if (template_name := changes.get("template_name")) is not None:
            check_word(template_name, "template_name", most=MAX_NAME_LENGTH)
        return await self._call(EDIT, {"id": id, **changes})

    async def search(
        self, *, page_size: int | None = None, continue_token: str | None = None, **filters: Unpack[TemplateFilters]
    ) -> TemplatePage:
        """Fetch one page of templates, without their bodies.

        ``POST /template/search``

        Args:
            page_size: The most on the page; 100 when left out.
            continue_token: From the page before, with all the other arguments as they were then.
            **filters: What to look for; see `TemplateFilters`.

        Raises:
            ValueError: A page size below 1, or an empty list of terms or tags.
        """
        check_some(filters.get("search_terms"), "search_terms")
        check_some(filters.get("tags"), "tags")
        if page_size is not None:
            check_count(page_size, "page_size")
        return await self._call(SEARCH, {**filters, "page_size": page_size, "continue_token": continue_token})

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[TemplateFilters]
    ) -> AsyncIterator[TemplateSummary]:
        """Iterate over the templates of all pages.

        ``POST /template/search``, once for each page.

        Args:
            page_size: The most on a page; 100 when left out.
            max_items: The most templates in all.
            **filters: What to look for; see `TemplateFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        fetch = partial(self.search, page_size=page_size, **filters)
        return all_of(SEARCH, lambda token: fetch(continue_token=token), lambda page: page.templates, max_items)

    async def view(self, id: str) -> Template:
        """Fetch a template with its bodies.

        ``POST /template/view``

        Args:
            id: Its id; upper and lower case differ.
        """
        return await self._call(VIEW, {"id": id})
