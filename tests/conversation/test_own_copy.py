"""A member takes a copy of what is stored about them."""

from __future__ import annotations

import io
import zipfile

import msgspec

from tests.support.talk import Talk


async def test_the_copy_holds_what_i_said_and_nothing_of_others(talk: Talk) -> None:
    an = await talk.member("Lê <An>")
    binh = await talk.member("Trần Bình")
    for person, text in ((an, "Phòng họp <b>nóng</b>"), (binh, "Bí mật của Bình")):
        await person.says("y kien")
        await person.says(text)
        await person.taps("Chỉ gửi chi ủy")
    (say,) = await an.says("ban sao du lieu")
    assert say.file is not None
    with zipfile.ZipFile(io.BytesIO(say.file.data)) as archive:
        page = archive.read("doc-du-lieu.html").decode()
        rows = msgspec.json.decode(archive.read("du-lieu.json"))
    assert [opinion["text"] for opinion in rows["opinion"]] == ["Phòng họp <b>nóng</b>"]
    assert "Phòng họp &lt;b&gt;nóng&lt;/b&gt;" in page
    assert "Lê &lt;An&gt;" in page
    assert "Bình" not in page


async def test_it_is_offered_beside_what_is_stored(talk: Talk) -> None:
    an = await talk.member("Lê An")
    await an.says("du lieu cua toi")
    (say,) = await an.taps("Lấy bản sao")
    assert say.file is not None
    stranger = await talk.stranger("Người lạ")
    says = await stranger.says("ban sao du lieu")
    assert all(say.file is None for say in says)
