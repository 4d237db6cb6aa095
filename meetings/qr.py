"""QR pictures of links, for the room's big screen and for chats."""

from io import BytesIO

# Four modules of white around the symbol, as ISO/IEC 18004 asks; level M survives 15 % of damage.
BORDER = 4
LEVEL = "m"


def qr_svg(text: str) -> str:
    """An `<svg>` element that fills its container. ValueError if `text` is empty or too long."""
    import segno

    picture = segno.make_qr(_some(text), error=LEVEL)
    return str(picture.svg_inline(border=BORDER, omitsize=True, dark="#000", light="#fff"))


def qr_png(text: str, scale: int = 12) -> bytes:
    """A black and white PNG of `scale` pixels a module. ValueError if `text` is empty or too long."""
    import segno

    out = BytesIO()
    segno.make_qr(_some(text), error=LEVEL).save(out, kind="png", scale=scale, border=BORDER)
    return out.getvalue()


def _some(text: str) -> str:
    if not text:
        raise ValueError("a QR picture needs a text")
    return text
