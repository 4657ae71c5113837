"""The receivers of a site as an app of each framework, on a server that is used with it."""

import contextlib
import importlib
from typing import NamedTuple

import pytest
from webhooks._adapters import servers


class Kind(NamedTuple):
    """A framework on a server, and how that server differs from the others."""

    needs: tuple[str, ...]
    serve: object
    takes_chunks: bool = True
    gives_parts: bool = True
    """Whether the app is called while the body comes; some servers receive it whole before."""
    counts: bool = True
    """Whether the bytes that the app takes of a body can be counted."""
    sees_lengths: bool = True
    """Whether the second of two ``Content-Length`` headers is seen by anybody."""


@contextlib.contextmanager
def _starlette(site, http="h11"):
    from starlette.applications import Starlette
    from starlette.routing import Mount, Route

    routes = [Route(path, receiver.asgi) for path, receiver in site.receivers.items()]
    app = Starlette(routes=[*routes, Mount("/mounted", site.receivers["/events"].asgi)])
    with servers.uvicorn(counted(app, site), http) as port:
        yield port


@contextlib.contextmanager
def _fastapi(site):
    from fastapi import FastAPI

    app = FastAPI()
    for path, receiver in site.receivers.items():
        app.router.add_route(path, receiver.asgi)
    app.mount("/mounted", site.receivers["/events"].asgi)
    with servers.uvicorn(counted(app, site), "httptools") as port:
        yield port


@contextlib.contextmanager
def _litestar(site):
    from litestar import Litestar, asgi

    routes = {**site.receivers, "/mounted": site.receivers["/events"]}
    app = Litestar([asgi(path, is_mount=True, copy_scope=True)(one.asgi) for path, one in routes.items()])
    with servers.uvicorn(counted(app, site)) as port:
        yield port


def by_path(site, attribute):
    """Return an ASGI or WSGI app that has the receivers at their paths and no framework."""
    apps = {path: getattr(receiver, attribute) for path, receiver in site.receivers.items()}
    apps["/mounted/"] = apps["/events"]

    async def asgi(scope, receive, send):
        await apps[scope.get("path", "/events")](scope, receive, send)

    def wsgi(environ, start_response):
        return apps[environ["PATH_INFO"]](environ, start_response)

    return counted(asgi, site) if attribute == "asgi" else counted_wsgi(wsgi, site)


@contextlib.contextmanager
def _aiohttp(site):
    from aiohttp import web

    app = web.Application(middlewares=[])
    for path, receiver in site.receivers.items():
        app.router.add_route("*", path, receiver.aiohttp)
    app.router.add_post("/mounted/", site.receivers["/events"].aiohttp)
    with servers.aiohttp(app) as port:
        yield port


@contextlib.contextmanager
def _flask(site):
    from flask import Flask
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app = Flask("site")
    for path, receiver in site.receivers.items():
        methods = ["GET", "POST", "PUT"]
        app.add_url_rule(path, path, lambda wsgi=receiver.wsgi: wsgi, methods=methods, provide_automatic_options=False)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": site.receivers["/events"].wsgi})
    with servers.waitress(app) as port:
        yield port


class _Urls:
    urlpatterns = ()


@contextlib.contextmanager
def django_app(site, maker):
    """Give Django's app with the receivers as views, and with the middleware that refuses strangers."""
    import django
    from django.apps import apps as registry
    from django.conf import settings
    from django.test import override_settings
    from django.urls import path as route

    if not settings.configured:
        settings.configure(USE_I18N=False)
    # Also for the moment after the other settings are gone, when Django looks at it once more.
    settings.SECRET_KEY = "made up"
    # Not django.setup, which sets the logging of the process, too.
    registry.populate(())
    urls = type("Urls", (_Urls,), {})
    urls.urlpatterns = [route(path[1:], receiver.django) for path, receiver in site.receivers.items()]
    urls.urlpatterns += [route("mounted/", site.receivers["/events"].django)]
    middleware = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    apps = ["django.contrib.auth", "django.contrib.contenttypes"]
    if django.VERSION >= (5, 1):
        middleware.append("django.contrib.auth.middleware.LoginRequiredMiddleware")
    with override_settings(
        ROOT_URLCONF=urls,
        INSTALLED_APPS=apps,
        MIDDLEWARE=middleware,
        ALLOWED_HOSTS=["localhost"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        DEBUG=False,
    ):
        yield maker()


@contextlib.contextmanager
def _django_asgi(site):
    from django.core.handlers.asgi import ASGIHandler

    with django_app(site, ASGIHandler) as app, servers.uvicorn(app, lifespan="off") as port:
        yield port


@contextlib.contextmanager
def _django_wsgi(site):
    from django.core.handlers.wsgi import WSGIHandler

    with django_app(site, WSGIHandler) as app, servers.wsgiref(counted_wsgi(app, site)) as port:
        yield port


def counted(app, site):
    """Count the bytes of bodies that the app is given."""

    async def counting(scope, receive, send):
        async def counted_receive():
            message = await receive()
            site.bytes_read += len(message.get("body", b""))
            return message

        await app(scope, counted_receive, send)

    return counting


def counted_wsgi(app, site):
    """Count the bytes of bodies that the app reads."""

    class Input:
        def __init__(self, stream):
            self.stream = stream
            self.readline = stream.readline

        def read(self, size=-1):
            part = self.stream.read(size)
            site.bytes_read += len(part)
            return part

    def counting(environ, start_response):
        return app({**environ, "wsgi.input": Input(environ["wsgi.input"])}, start_response)

    return counting


KINDS = {
    "starlette-uvicorn": Kind(("starlette", "uvicorn"), _starlette),
    "fastapi-uvicorn-httptools": Kind(("fastapi", "uvicorn", "httptools"), _fastapi),
    "litestar-uvicorn": Kind(("litestar", "uvicorn"), _litestar),
    "asgi-hypercorn-trio": Kind(("hypercorn", "trio"), lambda site: servers.hypercorn_on_trio(by_path(site, "asgi"))),
    "aiohttp": Kind(("aiohttp",), _aiohttp, counts=False),
    "wsgi-wsgiref": Kind(
        (), lambda site: servers.wsgiref(by_path(site, "wsgi")), takes_chunks=False, sees_lengths=False
    ),
    "flask-waitress": Kind(("flask", "waitress"), _flask, gives_parts=False, counts=False),
    "django-uvicorn": Kind(("django", "uvicorn"), _django_asgi, gives_parts=False, counts=False),
    "django-wsgiref": Kind(("django",), _django_wsgi, takes_chunks=False, sees_lengths=False),
}


@contextlib.contextmanager
def serving(name):
    """Serve a new site, or skip the test and say what is not installed."""
    kind = KINDS[name]
    for module in kind.needs:
        try:
            importlib.import_module(module)
        except ImportError:
            pytest.skip(f"{module} is not installed")
    site = servers.Site()
    with kind.serve(site) as site.port:
        yield site
