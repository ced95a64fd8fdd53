"""One of the services as a process of its own."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

import httpx
from starlette.applications import Starlette

from kvstore.clock import SystemClock
from kvstore.entropy import SystemEntropy
from kvstore.privacy import for_owner
from worker.codeq import (
    PROFILES,
    CodeqError,
    Issuer,
    Settings,
    create_codeq,
    create_scheduler,
    open_server,
)
from worker.codeq.configuration import read_settings
from worker.serving import Guard, Interrupts, ServeError, bind, serve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker.codeq", description=__doc__)
    parser.add_argument("service", choices=("codeq", "scheduler", "issuer"))
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as JSON, in codeQ's own keys")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
    parser.add_argument(
        "--server", choices=PROFILES, default=PROFILES[0], help="which server's behaviour to emulate"
    )
    parser.add_argument(
        "--tokens", type=Path, metavar="FILE", help="where the issuer writes tokens for rehearse --tokens"
    )
    return parser


async def _run(options: argparse.Namespace) -> None:
    settings = read_settings(os.environ, options.config)
    if options.service == "issuer":
        await _serve(_issuer(options, settings).app, options, settings)
        return
    server = await open_server(settings.redis_url, options.server)
    try:
        async with httpx.AsyncClient() as http:
            create = create_codeq if options.service == "codeq" else create_scheduler
            await _serve(create(server, http, settings), options, settings)
    finally:
        await server.close()


async def _serve(app: Starlette, options: argparse.Namespace, settings: Settings) -> None:
    """Until a signal cancels it. Beyond this machine a service has whatever name its network gives it."""
    local = options.host in ("127.0.0.1", "::1", "localhost")
    listener = bind("127.0.0.1" if options.host == "localhost" else options.host, settings.port)
    level = settings.log_level.lower()
    async with serve(Guard().before(app) if local else app, listener, log_level=level) as url:
        print(f"Ready on {url}", flush=True)
        await asyncio.Event().wait()


def _issuer(options: argparse.Namespace, settings: Settings) -> Issuer:
    """Signs as ``http://<host>:<port>``, which is what the services' settings must name."""
    issuer = Issuer(f"http://{options.host}:{settings.port}", SystemClock(), SystemEntropy())
    if options.tokens is not None:
        options.tokens.unlink(missing_ok=True)  # it may have been readable by others
        with open(options.tokens, "x", opener=for_owner) as file:
            file.write(json.dumps(issuer.every_token(), indent=2) + "\n")
    return issuer


def run_service() -> int:
    """Runs the service that the command line names, until a signal; returns the exit code."""
    try:
        with Interrupts() as interrupts:
            interrupts.run(_run(_parser().parse_args()))
    except (CodeqError, ServeError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        pass
    return 0
