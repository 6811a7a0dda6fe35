"""Styles and scripts: few, small, and written in names."""

import re
from pathlib import Path

import doorbuster
from doorbuster.web.assets import load_assets

PACKAGE = Path(doorbuster.__file__).parent
STYLES = sorted((PACKAGE / "web" / "styles").rglob("*.css"))
TEMPLATES = [path for path in sorted(PACKAGE.glob("*/templates/**/*.html")) if path.parent.name != "mails"]


def test_the_shops_whole_stylesheet_is_under_12_kilobytes_on_the_wire():
    asset = next(asset for asset in load_assets().all() if asset.name == "shop.css")

    assert len(asset.zipped) < 12_000


def test_the_layers_are_declared_before_any_rule():
    asset = next(asset for asset in load_assets().all() if asset.name == "shop.css")

    assert asset.body.startswith(b"@layer reset,base,components,pages,utilities;")


def test_no_style_fights_and_no_colour_is_nameless():
    offences = [
        f"{path.name}: {found}"
        for path in STYLES
        for found in re.findall(r"!important|#[0-9a-fA-F]{3,8}\b", path.read_text())
    ]

    assert offences == []


def test_no_template_needs_an_unsafe_content_policy():
    offences = [
        f"{path.name}: {found}"
        for path in TEMPLATES
        if not path.name.startswith("mail_")  # mail programs know no stylesheets
        for found in re.findall(r"\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", path.read_text())
    ]

    assert offences == []


def test_no_page_asks_anybody_else_for_anything():
    offences = [path.name for path in TEMPLATES if re.search(r"(src|href|action)=\"https?://", path.read_text())]

    assert offences == []
