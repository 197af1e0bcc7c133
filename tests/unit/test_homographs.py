"""Words that are written alike and said in two ways."""

import re

import pytest

from generators.voice.frontend import homographs
from generators.voice.frontend.frontend import phonemize_text
from generators.voice.frontend.g2p import pronounce
from generators.voice.frontend.normalise import sentences

READ_RIGHT = """
excuse v Excuse me, is this your bag?
excuse n That is a poor excuse.
use v Please use it today.
use n It is of no use to us.
uses v She uses a cane.
close v Close the door!
close v What time do the shops close?
close a They sat close together.
close n The day drew to a close.
record v Record a video of it.
record n It broke the record.
records v My phone records in stereo.
object v I object!
object n A strange object fell down.
present v Let me present the winner.
present n Thank you for the present.
project v They project a loss.
produce n We sell fresh produce here.
refuse v I refuse to go.
refuse n The refuse collection is on Monday.
upset v Why are you so upset?
upset n It was a major upset.
live v Live your life.
live a We saw a live band.
lives v Dr. Smith lives here.
lives n They saved many lives.
read past They read it yesterday.
read v Please read it again.
read past I have read it twice.
read v Can you read it to me?
lead metal The pipe is made of lead.
lead n Will you lead the way?
wind v Please wind the clock.
wind n The wind blew hard.
tear v Do not tear the page.
tear n A tear ran down her cheek.
bow v They bow to the king.
bow n He shot an arrow from his bow.
row quarrel They had a blazing row last night.
row n We sat in the front row.
sow n The sow fed her piglets.
wound past She wound the rope around it.
wound n The wound was deep.
bass fish We caught two bass in the lake.
bass n He plays bass in a band.
dove past He dove into the pool.
dove n A dove sat on the roof.
minute a The marks were so minute that I missed them.
minute n Wait a minute.
desert v Never desert a friend.
content v She was content to wait.
content n I like the content of the page.
separate v Separate the eggs.
separate n They have separate rooms.
estimate v Can you estimate the cost?
estimate n That is a rough estimate.
polish Polish He has a Polish wife.
polish n Polish the floor, please.
job Job She has the patience of Job.
nice Nice We flew to Nice in May.
reading Reading He lives in Reading now.
resume n Send me your resume.
resume v Work will resume soon.
learned id He is a learned man.
learned ed I learned a lot.
aged id She visits her aged aunt.
aged ed A boy aged ten came in.
used habit I used to swim.
used habit We are used to the noise.
used v It is used to cut glass.
putting golf He missed it on the putting green.
axes lines Label both axes of the graph.
invalid n He was an invalid for years.
invalid a The code is invalid.
"""
CASES = [line.split(" ", 2) for line in READ_RIGHT.strip().splitlines()]


def tokens(word, sentence, language="en-us"):
    said = phonemize_text(sentence, language)
    return next(w.tokens for words in said for w in words if w.text.lower() == word)


@pytest.mark.parametrize(("word", "reading", "sentence"), CASES, ids=[case[2] for case in CASES])
def test_the_sentence_tells_which_reading_is_meant(word, reading, sentence):
    said = [(w.spoken[0].lower(), m) for s in sentences(sentence) for w, m in _with_readings(s)]
    assert (word, reading) in said


def _with_readings(sentence):
    meant = homographs.readings([w.spoken[0] for w in sentence], [w.after for w in sentence])
    return zip(sentence, meant, strict=True)


@pytest.mark.parametrize(
    ("word", "sentence", "american", "british"),
    [
        ("excuse", "Excuse me", "ɛkskjˈuz", "ɪkskjˈuːz"),
        ("use", "Please use it", "jˈuz", "jˈuːz"),
        ("close", "Close the door", "klˈOz", "klˈQz"),
        ("record", "Record a video", "ɹᵻkˈɔɹd", "ɹɪkˈɔːd"),
        ("object", "I object", "ɑbʤˈɛkt", "ɒbʤˈɛkt"),
        ("live", "Live your life", "lˈɪv", "lˈɪv"),
        ("read", "They read it yesterday", "ɹˈɛd", "ɹˈɛd"),
        ("lead", "It is made of lead", "lˈɛd", "lˈɛd"),
        ("lives", "Dr. Smith lives here.", "lˈɪvz", "lˈɪvz"),
        ("insults", "He insults everyone.", "ɪnsˈʌlts", "ɪnsˈʌlts"),
        ("excuses", "She excuses herself.", "ɛkskjˈuzᵻz", "ɪkskjˈuːzɪz"),
    ],
)
def test_it_sounds_so_in_american_and_in_british(word, sentence, american, british):
    assert (tokens(word, sentence), tokens(word, sentence, "en-gb")) == (american, british)


def test_a_clause_knows_the_rest_of_its_sentence():
    assert tokens("read", "Yesterday, while it rained, we read it.") == "ɹˈɛd"
    assert tokens("bass", "On the lake, in our boat, we caught bass.") == "bˈæs"


def test_what_espeak_reads_right_keeps_its_sounds():
    for clause in ("we use the record", "do not tear it up", "it does not matter", "to transfer it"):
        words = clause.split()
        assert pronounce(words, "en-gb") == pronounce(words, "en-gb", [""] * len(words))


def test_other_languages_are_left_alone():
    assert tokens("live", "La musique live est bonne.", "fr-fr") == pronounce(["live"], "fr-fr")[0].tokens


def test_another_espeak_is_amended_word_by_word():
    said, words = "ɛkskjˈuːs mˌiː plˈiːz jˈuːs ðə jˈuːs", ["excuse", "me", "please", "use", "the", "use"]
    meant = homographs.readings(words)
    assert homographs.amended(said, words, meant, "en-us") == "ɛkskjˈuːz mˌiː plˈiːz jˈuːz ðə jˈuːs"
    assert homographs.amended(said, words, meant, "fr-fr") == said


def test_the_tables_fit_together():
    table = homographs._readings()
    for word, reading, pattern in homographs.rows("rules.tsv"):
        assert reading in table[homographs._entry(word)], (word, reading)
        assert pattern and homographs._rules(word)
    for readings in table.values():
        assert all(re.fullmatch("[^A-Z ]+", sounds) for pair in readings.values() for sounds in pair)


def test_words_that_are_mute_do_no_harm():
    assert homographs.readings(["They", "use", "", ",", "the", "record"])[1::4] == ["v", "n"]
