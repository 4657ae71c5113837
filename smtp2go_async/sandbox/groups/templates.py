"""The templates of a sandbox account, the calls about them, and the e-mails that are made from them. No sockets."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import evolve, frozen

from ..call import Call, Operations, refused
from ..pages import page_of
from ..rendering import render
from ..rules import Draft, Fields

MIN_ID, MAX_ID = 5, 24  # characters
MAX_NAME: Final = 64
DEFAULT_PAGE: Final = 100
MAX_PAGE_SIZE: Final = 1000
"""Templates of a page; the provider has not published how many there can be."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_SORTS: Final = ("asc", "desc")


@frozen(kw_only=True)
class StoredTemplate:
    """A template of the account."""

    id: str
    name: str
    subject: str
    html_body: str
    text_body: str
    variables: dict[str, Any]
    tags: tuple[str, ...]
    last_updated: datetime


class TemplateCalls:
    """The templates of each subaccount. The caller holds the lock of the account."""

    def __init__(self) -> None:
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/template/add": self._add,
            "/template/delete": self._delete,
            "/template/edit": self._edit,
            "/template/search": self._search,
            "/template/view": self._view,
        }

    def clear(self) -> None:
        """Forget all templates."""
        # By subaccount, then by id.
        self._kept: dict[str, dict[str, StoredTemplate]] = {}

    def all(self, subaccount: str = "") -> Sequence[StoredTemplate]:
        """Return the templates of a subaccount, or those of the master account, in the order of their making."""
        return tuple(self._kept.get(subaccount, {}).values())

    def filled(self, draft: Draft, subaccount: str) -> Draft:
        """Return a draft with the subject and the texts that its template makes, if it names one.

        Raises:
            RequestError: There is no such template, or it cannot be rendered.
        """
        if draft.template_id is None:
            return draft
        template = self._template(draft.template_id, subaccount, "template_id")
        data = dict(draft.template_data or {})
        # A header has one line, whatever the data has.
        subject = _CONTROL.sub(" ", render("subject", template.subject, data, is_html=False)).strip()
        return evolve(
            draft,
            subject=subject,
            text=render("text_body", template.text_body, data, is_html=False) or None,
            html=render("html_body", template.html_body, data, is_html=True) or None,
        )

    def _template(self, wanted: str, subaccount: str, fieldname: str) -> StoredTemplate:
        template = self._kept.get(subaccount, {}).get(wanted)
        if template is None:
            # The provider has not published how it refuses an unknown id.
            raise refused(f"No template was found with the passed '{fieldname}'")
        return template

    def _add(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        changes = _changes(fields)
        for name, attribute in (("template_name", "name"), ("subject", "subject")):
            if not changes.get(attribute):
                fields.fail(name, "is required")
        for name in ("html_body", "text_body"):
            if name not in changes:
                fields.fail(name, "is required")
        template_id = _id(fields, "id")
        kept = self._kept.setdefault(call.subaccount, {})
        if template_id in kept:
            raise refused("A template with the passed 'id' already exists")
        template = StoredTemplate(id=template_id, last_updated=call.now, **{"variables": {}, "tags": (), **changes})
        kept[template_id] = template
        return _changed(template)

    def _edit(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        old = self._template(fields.required("id", fields.text("id")), call.subaccount, "id")
        changes = _changes(fields)
        for name, attribute in (("template_name", "name"), ("subject", "subject")):
            if changes.get(attribute) == "":
                fields.fail(name, "must not be empty")
        new_id = _id(fields, "new_id") if "new_id" in fields else old.id
        kept = self._kept[call.subaccount]
        if new_id != old.id and new_id in kept:
            raise refused("A template with the passed 'new_id' already exists")
        template = evolve(old, id=new_id, last_updated=call.now, **changes)
        # Under its new id, the template keeps its place.
        self._kept[call.subaccount] = {
            item.id: item for item in [template if item is old else item for item in kept.values()]
        }
        return _changed(template)

    def _delete(self, call: Call) -> str:
        wanted = call.fields.required("id", call.fields.text("id"))
        template = self._template(wanted, call.subaccount, "id")
        del self._kept[call.subaccount][template.id]
        return f"The template '{template.id}' was deleted"

    def _view(self, call: Call) -> dict[str, Any]:
        wanted = call.fields.required("id", call.fields.text("id"))
        template = self._template(wanted, call.subaccount, "id")
        return {
            **_listed(template),
            "html_body": template.html_body,
            "text_body": template.text_body,
            "template_variables": template.variables,
        }

    def _search(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        terms, tags = [[word.lower() for word in fields.words(name)] for name in ("search_terms", "tags")]
        is_fuzzy = fields.flag("fuzzy_search")
        direction = fields.text("sort_direction") or "asc"
        fields.one_of("sort_direction", direction, _SORTS)
        limit = fields.whole("page_size", lowest=1, highest=MAX_PAGE_SIZE) or DEFAULT_PAGE

        def has(template: StoredTemplate) -> bool:
            own_tags = [tag.lower() for tag in template.tags]
            texts = [template.name.lower(), template.id.lower(), template.subject.lower(), *own_tags]
            if terms and not any(term in text if is_fuzzy else term == text for term in terms for text in texts):
                return False
            return not tags or any(tag in own_tags for tag in tags)

        found = [template for template in self.all(call.subaccount) if has(template)]
        found.sort(key=lambda item: (item.name.lower(), item.id), reverse=direction == "desc")
        templates, token = page_of(found, fields, limit)
        return {
            "continue_token": token or None,
            "templates": [_listed(template) for template in templates],
            "total_count": len(found),
        }


def _id(fields: Fields, name: str) -> str:
    value = fields.required(name, fields.line(name))
    if not MIN_ID <= len(value) <= MAX_ID:
        fields.fail(name, f"must have {MIN_ID} to {MAX_ID} characters")
    return value


def _changes(fields: Fields) -> dict[str, Any]:
    """Return the attributes of a template that a request has."""
    found: dict[str, Any] = {}
    if (name := fields.line("template_name")) is not None:
        if len(name) > MAX_NAME:
            fields.fail("template_name", f"can have at most {MAX_NAME} characters")
        found["name"] = name
    if (subject := fields.line("subject")) is not None:
        found["subject"] = subject
    for body in ("html_body", "text_body"):
        if (text := fields.text(body)) is not None:
            found[body] = text
    if (variables := fields.mapping("template_variables")) is not None:
        found["variables"] = dict(variables)
    if "tags" in fields:
        found["tags"] = tuple(dict.fromkeys(fields.words("tags")))
    return found


def _changed(template: StoredTemplate) -> dict[str, Any]:
    # The calls that change a template answer with template_name, the others with name.
    return {
        "template_name": template.name,
        "id": template.id,
        "subject": template.subject,
        "html_body": template.html_body,
        "text_body": template.text_body,
        "template_variables": template.variables,
        "tags": list(template.tags),
        "last_updated": _moment(template),
    }


def _listed(template: StoredTemplate) -> dict[str, Any]:
    return {
        "name": template.name,
        "id": template.id,
        "subject": template.subject,
        "tags": list(template.tags),
        "last_updated": _moment(template),
    }


def _moment(template: StoredTemplate) -> str:
    return template.last_updated.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
