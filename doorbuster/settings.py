"""Every setting: one frozen dataclass, read once from the environment by a composition root.

Promises: a wrong value is refused at start with the variable's name and the mend.
Never: is read by a rule; what a rule needs is passed to it.
"""

import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from doorbuster import money
from doorbuster.environment import blocks, http_url, listed, mail_addresses, number, objective, one_of, store_url
from doorbuster.errors import Misconfigured
from doorbuster.home_secret import kept_secret

WORKERS_BY_DEFAULT_MAX = 4
"""More are worth having only where PostgreSQL has processors of its own; who has them sets WORKERS."""
WEBHOOKS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may choose. Each field says its variable, unit and default."""

    home: Path
    """DOORBUSTER_HOME: the data folder; ./.doorbuster by default."""

    database_url: str | None
    """DATABASE_URL: a PostgreSQL 15+ server; unset means the embedded one in the home folder."""

    watch_database_url: str = ""
    """WATCH_DATABASE_URL: how the watch reaches the same server, best by a role for which connections are reserved;
    like the shop itself by default."""

    traces_url: str = ""
    """OTEL_EXPORTER_OTLP_ENDPOINT: where traces go, such as http://127.0.0.1:4318; unset makes none."""

    log_format: str = "text"
    """LOG_FORMAT: `text` for people, `json` for programs that collect logs."""

    port: int = 8000
    """PORT: shoppers, all addresses given by `host`."""

    control_port: int = 8001
    """CONTROL_PORT: merchants and operators."""

    gateway_port: int = 8002
    """GATEWAY_PORT: the test payment gateway's own process."""

    host: str = "127.0.0.1"
    """HOST: the address that the planes listen on."""

    workers: int = 1
    """WORKERS: data-plane processes; by default one for each processor, at most four."""

    secret: str
    """DOORBUSTER_SECRET: signs cookies, links and callbacks; made once and kept in the home folder."""

    currency: str = "GBP"
    """CURRENCY: what the shop sells in unless a price says otherwise."""

    shop_name: str = "Doorbuster"
    """SHOP_NAME: in the header, in mails, on receipts."""

    public_url: str = ""
    """PUBLIC_URL: how shoppers reach the shop, for links in mails; http://HOST:PORT by default."""

    control_public_url: str = ""
    """CONTROL_PUBLIC_URL: how operators reach the control room, for links; http://HOST:CONTROL_PORT by default."""

    status_url: str = ""
    """STATUS_URL: where shoppers read how the shop is; CONTROL_PUBLIC_URL/status by default."""

    payment_url: str = ""
    """PAYMENT_URL: the gateway's base address; the test gateway's own by default."""

    payment_key: str = ""
    """PAYMENT_KEY: the API key at the gateway; derived from the secret for the test gateway."""

    payment_callback_secret: str = ""
    """PAYMENT_CALLBACK_SECRET: what the gateway signs its callbacks with; derived likewise. While a secret is being
    replaced, both, separated by a comma."""

    payment_page_origins: str = ""
    """PAYMENT_PAGE_ORIGINS: the origins of the gateway's pages, separated by spaces; PAYMENT_URL by default. For
    Stripe: https://checkout.stripe.com."""

    smtp_url: str | None = None
    """SMTP_URL: smtp://user:password@host:587; unset keeps mails readable in the control room's outbox."""

    mail_from: str = "shop@localhost"
    """MAIL_FROM: the sender of the shop's mails."""

    webhook_url: str = ""
    """WEBHOOK_URL: where others are told what becomes of orders, up to eight addresses with spaces between."""

    webhook_secret: str = ""
    """WEBHOOK_SECRET: what webhooks are signed with, derived from the secret by default. While it is being replaced,
    both, separated by a comma; of several addresses each has its own, in their order, separated by semicolons."""

    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """TRUSTED_PROXIES: addresses or blocks, separated by commas, of the proxies before the shop; only what they write
    into X-Forwarded-For is believed."""

    valkey_url: str = ""
    """VALKEY_URL: redis://host:6379/0 of a Valkey or Redis that hosts share rate limits through; unset, each worker
    counts for itself."""

    connections_per_worker: int = 8
    """CONNECTIONS: PostgreSQL connections of one data-plane worker; three of them are kept for those who pay."""

    statement_timeout_ms: int = 5_000
    """STATEMENT_TIMEOUT_MS: the longest any statement of a page may take."""

    month_objective: float = 0.995
    """SLO_MONTH_PERCENT: how many of a month's answers, refusals aside, must be neither errors nor slower than 3 s."""

    sale_objective: float = 0.99
    """SLO_SALE_PERCENT: the same within one sale."""

    audit_seconds: int = 900
    """AUDIT_SECONDS: how often the books are audited by themselves, when all is calm; 0: only when somebody asks."""
    proofs_every_days: int = 7
    """PROOFS_EVERY_DAYS: after how many days the proof of an action item is run again, while all is quiet; 0: never."""

    digest_to: tuple[str, ...] = ()
    """DIGEST_TO: mail addresses, separated by commas, that are told what was published and what is due."""

    digest_every_days: int = 7
    """DIGEST_EVERY_DAYS: 7 tells them on Mondays, 1 each day."""

    @property
    def shop_url(self) -> str:
        """Return the public address of the shop, without a trailing slash."""
        return self.public_url.rstrip("/") or f"http://{self._reachable_host}:{self.port}"

    @property
    def control_url(self) -> str:
        """Return the address at which our own processes reach the control plane, without a trailing slash."""
        return f"http://{self._reachable_host}:{self.control_port}"

    @property
    def room_url(self) -> str:
        """Return the address at which people reach the control room, without a trailing slash."""
        return self.control_public_url.rstrip("/") or self.control_url

    @property
    def shown_status_url(self) -> str:
        """Return where shoppers read how the shop is; nothing while shoppers could not reach the control room."""
        return self.status_url or ("" if self.public_url and not self.control_public_url else f"{self.room_url}/status")

    @property
    def gateway_url(self) -> str:
        """Return the address of the payment gateway, without a trailing slash."""
        return self.payment_url.rstrip("/") or f"http://{self._reachable_host}:{self.gateway_port}"

    @property
    def gateway_key(self) -> str:
        """Return the API key at the payment gateway."""
        return self.payment_key or self._derived("payment key")

    @property
    def gateway_callback_secrets(self) -> tuple[str, ...]:
        """Return what the payment gateway's callbacks may be signed with, the newest first."""
        return listed(self.payment_callback_secret) or (self._derived("payment callbacks"),)

    @property
    def webhook_secrets(self) -> tuple[tuple[str, ...], ...]:
        """Return what the webhooks to each address are signed with, the newest first."""
        groups = self.webhook_secret.split(";") if self.webhook_secret else []
        derived = ((self._derived(f"webhooks {url}"),) for url in self.webhook_url.split())
        return tuple(map(listed, groups)) or tuple(derived)

    @property
    def gateway_page_origins(self) -> tuple[str, ...]:
        """Return the origins of the gateway's hosted pages: where a form of ours may lead."""
        return tuple(self.payment_page_origins.split()) or (self.gateway_url,)

    def _derived(self, purpose: str) -> str:
        return hmac.new(self.secret.encode(), purpose.encode(), sha256).hexdigest()

    @property
    def secure_cookies(self) -> bool:
        """Say whether shoppers come over HTTPS, so that cookies are marked Secure and __Host-."""
        return self.shop_url.startswith("https://")

    @property
    def _reachable_host(self) -> str:
        return "127.0.0.1" if self.host in ("0.0.0.0", "::", "127.0.0.1") else self.host  # noqa: S104


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Read every setting; raise Misconfigured with the variable's name and the mend.

    Makes the home folder and its secret when they are missing: the secret must outlive a restart.
    """
    home = Path(environ.get("DOORBUSTER_HOME", ".doorbuster")).expanduser().absolute()
    return Settings(
        home=home,
        database_url=environ.get("DATABASE_URL") or None,
        watch_database_url=environ.get("WATCH_DATABASE_URL", ""),
        traces_url=http_url(environ, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        log_format=one_of(environ, "LOG_FORMAT", ("text", "json")),
        port=number(environ, "PORT", 8000, 0, 65_535),
        control_port=number(environ, "CONTROL_PORT", 8001, 0, 65_535),
        gateway_port=number(environ, "GATEWAY_PORT", 8002, 0, 65_535),
        host=environ.get("HOST", "127.0.0.1"),
        workers=number(environ, "WORKERS", min(os.cpu_count() or 1, WORKERS_BY_DEFAULT_MAX), 1, 64),
        secret=environ.get("DOORBUSTER_SECRET") or kept_secret(home),
        currency=money.require_currency(environ.get("CURRENCY", "GBP")),
        shop_name=environ.get("SHOP_NAME", "Doorbuster"),
        public_url=environ.get("PUBLIC_URL", ""),
        control_public_url=http_url(environ, "CONTROL_PUBLIC_URL"),
        status_url=http_url(environ, "STATUS_URL"),
        payment_url=environ.get("PAYMENT_URL", ""),
        payment_key=environ.get("PAYMENT_KEY", ""),
        payment_callback_secret=environ.get("PAYMENT_CALLBACK_SECRET", ""),
        payment_page_origins=_origins(environ.get("PAYMENT_PAGE_ORIGINS", "")),
        smtp_url=environ.get("SMTP_URL") or None,
        mail_from=environ.get("MAIL_FROM", "shop@localhost"),
        webhook_url=_webhook_urls(environ.get("WEBHOOK_URL", ""), environ.get("WEBHOOK_SECRET", "")),
        webhook_secret=environ.get("WEBHOOK_SECRET", ""),
        trusted_proxies=blocks(environ.get("TRUSTED_PROXIES", "")),
        valkey_url=store_url(environ.get("VALKEY_URL", "")),
        connections_per_worker=number(environ, "CONNECTIONS", 8, 4, 500),
        statement_timeout_ms=number(environ, "STATEMENT_TIMEOUT_MS", 5_000, 100, 600_000),
        month_objective=objective(environ.get("SLO_MONTH_PERCENT", "99.5"), "SLO_MONTH_PERCENT"),
        sale_objective=objective(environ.get("SLO_SALE_PERCENT", "99"), "SLO_SALE_PERCENT"),
        audit_seconds=number(environ, "AUDIT_SECONDS", 900, 0, 86_400),
        proofs_every_days=number(environ, "PROOFS_EVERY_DAYS", 7, 0, 35),
        digest_to=mail_addresses(environ.get("DIGEST_TO", "")),
        digest_every_days=7 if one_of(environ, "DIGEST_EVERY_DAYS", ("7", "1")) == "7" else 1,
    )


def _origins(text: str) -> str:
    for word in text.split():
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?", word):
            raise Misconfigured(f"PAYMENT_PAGE_ORIGINS has {word!r}: write origins such as https://checkout.stripe.com")
    return text


def _webhook_urls(text: str, secrets: str) -> str:
    urls, groups = text.split(), secrets.split(";")
    for url in urls:
        if not re.match(r"https://[^/]|http://(127\.0\.0\.1|localhost)[:/]", url):
            raise Misconfigured(f"WEBHOOK_URL={url!r} must begin with https:// (or be on this machine)")
    if len(urls) > WEBHOOKS_MAX or len(set(urls)) < len(urls):
        raise Misconfigured(f"WEBHOOK_URL may have up to {WEBHOOKS_MAX} addresses, each of them once")
    if urls and secrets and not (len(groups) == len(urls) and all(map(listed, groups))):
        raise Misconfigured(f"WEBHOOK_SECRET must have a secret for each of {len(urls)} addresses, with ; between")
    return text
