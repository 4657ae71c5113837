# Written by tools/make_sync.py from endpoints/templates.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.templates`."""

from collections.abc import Iterator
from typing import Unpack

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
from ..reply import EmptyReply
from ._group import SyncGroup


class SyncTemplates(SyncGroup[Templates]):
    """Templates of e-mails (https://developers.smtp2go.com/reference/search-email-templates)."""

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
        return self._run(
            self._async.add, template_name, id, subject, html_body, text_body, **TemplateOptions(**options)
        )

    def delete(self, id: str) -> EmptyReply:
        """Delete a template.

        ``POST /template/delete`` (https://developers.smtp2go.com/reference/remove-an-email-template)

        Args:
            id: The id of the template; upper and lower case differ.
        """
        return self._run(self._async.delete, id)

    def edit(self, id: str, **changes: Unpack[TemplateChanges]) -> SavedTemplate:
        """Change some parts of a template and keep the others.

        ``POST /template/edit`` (https://developers.smtp2go.com/reference/update-an-email-template)

        Args:
            id: The id of the template; upper and lower case differ.
            **changes: See `TemplateChanges`.

        Raises:
            ValueError: The name or an id is too short or too long, a tag is empty, or the template is over 1 MB in all.
        """
        return self._run(self._async.edit, id, **TemplateChanges(**changes))

    def search(
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
        return self._run(
            self._async.search, page_size=page_size, continue_token=continue_token, **TemplateFilters(**filters)
        )

    def search_all(
        self, *, page_size: int | None = None, max_items: int | None = None, **filters: Unpack[TemplateFilters]
    ) -> Iterator[TemplateSummary]:
        """Iterate over the templates of all pages.

        ``POST /template/search`` (https://developers.smtp2go.com/reference/search-email-templates), once for each page.

        Args:
            page_size: The largest number of templates on a page; 100 when left out.
            max_items: Stop after this many templates.
            **filters: See `TemplateFilters`.

        Raises:
            PagingError: The token of the next page has expired.
        """
        return self._iterate(
            self._async.search_all, page_size=page_size, max_items=max_items, **TemplateFilters(**filters)
        )

    def view(self, id: str) -> Template:
        """Fetch a template with its bodies.

        ``POST /template/view`` (https://developers.smtp2go.com/reference/view-template-details)

        Args:
            id: The id of the template; upper and lower case differ.
        """
        return self._run(self._async.view, id)
