"""The templates, and the headers that go with them: no script, nothing from elsewhere, nothing kept."""

from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

_HTML: Final = "text/html; charset=utf-8"


class Pages:
    """Renders pages. Those with a form may send it to Vigie, and say to Vigie alone where they come from.

    With the policy ``no-referrer`` a browser sends ``Origin: null`` with a form, which tells nothing apart.
    """

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("dashboards"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            auto_reload=False,
        )
        style = self._environment.get_template("vigie.css").render()
        digest = b64encode(sha256(style.encode()).digest()).decode()
        for name in self._environment.list_templates(extensions=["html"]):
            self._environment.get_template(name)  # compiled now: nobody waits for it at night
        self._headers = _headers(digest, "'none'", "no-referrer")
        self._form_headers = _headers(digest, "'self'", "same-origin")

    def plain(self, text: bytes, media_type: str) -> Response:
        """Return text for a machine."""
        return Response(text, media_type=media_type, headers=self._headers)

    def page(self, template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        """Return a page to read."""
        return Response(self._text(template, values), status, self._headers, _HTML)

    def form(self, template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        """Return a page that holds a form."""
        return Response(self._text(template, values), status, self._form_headers, _HTML)

    def error(self, status: int, words: tuple[str, str], headers: dict[str, str] | None = None) -> Response:
        """Return a page that says in French what is wrong and what to do."""
        text = self._text("erreur.html", {"title": words[0], "explanation": words[1]})
        return Response(text, status, {**self._headers, **(headers or {})}, _HTML)

    def _text(self, template: str, values: dict[str, object]) -> str:
        return self._environment.get_template(template).render(**values)


def _headers(style: str, form_action: str, referrer: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{style}'; "
            f"base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": referrer,
        "Cache-Control": "no-store",
    }
