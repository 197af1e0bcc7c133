"""What stands in brackets beside what is said: how it is said, what is seen and heard, where a song or film has got to,
and what editors ask for. None of it is spoken."""

from __future__ import annotations

import re

from emotion_embed import taxonomy

_LONGEST_CHARS = 80

# Any of these makes a bracket of several words a direction; a star stands for any ending.
_TELLTALES = """
laugh*, giggl*, chuckl*, snicker*, sigh, sighs, sighing, whisper*, shout, shouts, shouting, yells, yelling, screams,
screaming, crying, cries, sob, sobs, sobbing, weep*, whimper*, sniff*, cough*, sneez*, gasp*, breath, breaths, breathes,
breathing, inhal*, exhal*, throat, yawn*, gulp*, swallow*, snort*, snores, snoring, burps, hiccup*, kisses, scoff*,
wheez*, squeal*, groan*, moan*, mumbl*, mutter*, murmur*, stammer*, stutter*, hesitat*, interrupt*, overlap*, smil*,
grin*, nod, nods, nodding, shrug*, wink, winks, frown*, sings, singing, hums, humming, whistl*, speaks, speaking,
softly, quietly, loudly, slowly, sarcastic*, voice, voice over, voiceover, tone, tones, accent, walk, walks, leaves,
enters, exits, sits, stands, turns to, turns away, turns around, turns back, looks at, looks away, looks up, looks down,
looks around, pause, pauses, beat, silence,
applau*, clap, claps, clapping, cheers, cheering, music*, jingle, sound of, sounds of, sound effect*, noise, noises,
footsteps, knock, knocks, knocking, bark, barks, barking, ring, rings, ringing, slams, creaks, thunder, explosion*,
gunshot*, siren*, static, drum roll, drumroll, fanfare, whoosh*, beep, beeps, beeping, buzz*, honk*, thud*, crashes,
crashing, bangs, splash*, howl*, growl*, typing, rustl*, rumbl*, hiss*, ambien*, echoes, echoing, birdsong, chirp*,
pouring, chatter*, fades, fading, crowd, audience, camera, mic, microphone, background, on screen, on-screen,
off screen, off-screen, offscreen, aside to, on the phone, on phone, over the phone, over radio, over the radio,
disbelief, sic,
inaudible, unintelligible, indistinct, unclear, crosstalk, cross talk, cross-talk, foreign language, redacted, end of,
citation needed, citations needed, clarification needed, verification needed, source needed, page needed, page* needed,
date needed, failed verification, dubious, original research, by whom?, according to whom?, emphasis added,
emphasis mine, emphasis in
"""
_DEGREES = "very|really|slightly|somewhat|extremely|quite|a bit|a little|sounding|feeling|more|less"
_LANGUAGES = (
    "english|french|spanish|german|italian|portuguese|dutch|polish|russian|japanese|chinese|mandarin|korean|arabic"
    "|hindi|turkish|latin|greek|hebrew"
)
_FEELINGS = "|".join([*taxonomy.names(), *taxonomy.ALIASES])
# Beginnings that tell of what somebody does, `[turning to Anna]`, or whom they speak to; the rest is prose.
_DOING = re.compile(
    r"(?!(?:dur|includ|exclud|regard|concern|accord|follow|depend|someth|noth|everyth|anyth|morn|even)ing\b)[a-z]{2,}ing\b"
    r"|to (?-i:[A-Z]|him|her|the (?:audience|camera|crowd|others))",
    re.IGNORECASE,
)


def _any_of(phrases: str) -> str:
    escaped = (re.escape(" ".join(phrase.split())).replace(r"\*", r"\w*") for phrase in phrases.split(","))
    return "|".join(escaped)


_DIRECTION = re.compile(rf"(?<!\w)(?:{_any_of(_TELLTALES)}|(?:{_DEGREES}) (?:{_FEELINGS}))(?!\w)", re.IGNORECASE)
_SECTION = re.compile(
    r"(?:verse|chorus|pre-?chorus|post-?chorus|bridge|hook|refrain|intro(?:duction)?|outro|interlude|solo|instrumental"
    r"|breakdown|scene|act|slide|shot|take|cue|clip|segment|b-?roll|cut|fade|sfx|vfx|fx|vo|insert shot|title card"
    r"|on-?screen(?: text)?|lower third|graphic|visual|image|photo|video|picture|figure|gif)"
    r"(?:\s*#?(?:\d+\w?|[a-z]|[ivx]+|one|two|three|four|five))?"
    r"(?:\s*[:–—-]\s*.*|\s+(?:in|out|to|away|back)\b.*|\s*x\d)?"
    rf"|[vo]\.\s?[osc]\.?(?:,? cont\S*)?|v\.?o|cont['’]?d\.?|in (?:{_LANGUAGES})",
    re.IGNORECASE,
)


def is_direction(inside: str) -> bool:
    """Whether the inside of a bracket, of one word or several, is a direction."""
    if _SECTION.fullmatch(inside) or _DOING.match(inside):
        return True
    refers = inside.lower().partition(" ")[0] in ("see", "cf.", "cf", "as")
    return not refers and len(inside) <= _LONGEST_CHARS and _DIRECTION.search(inside) is not None
