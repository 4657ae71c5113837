# Written by tools/make_sync.py from endpoints/templates.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.templates`."""

from collections.abc import Iterator
from typing import Unpack

from .._models.model import EmptyReply
from ..endpoints.templates import (
    SavedTemplate,
    Template,
    TemplateChanges,
    TemplateFilters,
    TemplateOptions,
    TemplatePage,
    Templates,
    TemplateSummary,
)
from ._group import SyncGroup


class SyncTemplates(SyncGroup[Templates]):
    """Templates of e-mails."""

    __slots__ = ()

    def add(
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
        return self._run(
            self._async.add, template_name, id, subject, html_body, text_body, **TemplateOptions(**options)
        )

    def delete(self, id: str) -> EmptyReply:
        """Delete a template.

        ``POST /template/delete``

        Args:
            id: Its id; upper and lower case differ.
        """
        return self._run(self._async.delete, id)

    def edit(self, id: str, **changes: Unpack[TemplateChanges]) -> SavedTemplate:
        """Change a template; what is left out stays as it is.

        ``POST /template/edit``

        Args:
            id: Its id; upper and lower case differ.
            **changes: See `TemplateChanges`.

        Raises:
            ValueError: A name or id that is too short or too long, an empty tag, or more than 1 MB in all.
        """
        return self._run(self._async.edit, id, **TemplateChanges(**changes))

    def search(
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
        return self._run(
            self._async.search, page_size=page_size, continue_token=continue_token, **TemplateFilters(**filters)
        )

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[TemplateFilters]
    ) -> Iterator[TemplateSummary]:
        """Iterate over the templates of all pages.

        ``POST /template/search``, once for each page.

        Args:
            page_size: The most on a page; 100 when left out.
            max_items: The most templates in all.
            **filters: What to look for; see `TemplateFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        return self._iterate(
            self._async.search_all, page_size=page_size, max_items=max_items, **TemplateFilters(**filters)
        )

    def view(self, id: str) -> Template:
        """Fetch a template with its bodies.

        ``POST /template/view``

        Args:
            id: Its id; upper and lower case differ.
        """
        return self._run(self._async.view, id)
