"""What a reader makes of a file's rows: drafts of products that may go in, rejections of rows that may not."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row, or a product with all its rows, that doesn't go in. `reason` is one of a few; `detail` says it in full."""

    line: int
    subject: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that went in otherwise than it stood in the file; `count` cells or rows of it."""

    note: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class DraftVariant:
    """A variant as the file gives it, amounts in minor units; `quantity` is None when it says nothing of stock."""

    line: int
    sku: str
    option_values: tuple[str, ...]
    amount: int
    compare_at: int | None = None
    quantity: int | None = None
    weight_grams: int = 0
    requires_shipping: bool = True


@dataclass(frozen=True, slots=True)
class DraftMedia:
    """A picture's address; it is kept, not loaded."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class DraftProduct:
    """A product with at least one variant, cleaned: the HTML sanitised, the texts without control characters."""

    line: int
    handle: str
    title: str
    variants: tuple[DraftVariant, ...]
    description_html: str = ""
    vendor: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    option_names: tuple[str, ...] = ()
    status: str = "active"
    media: tuple[DraftMedia, ...] = field(default=())


Draft = DraftProduct | Rejected | Noted
