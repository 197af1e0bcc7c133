"""Abbreviations and capitals: what stands for what, what is a word and what is spelled."""

from __future__ import annotations

from generators.voice.frontend.english.grammar import words

ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "mx": "mix", "prof": "professor", "jr": "junior", "sr": "senior",
    "vs": "versus", "etc": "et cetera", "e.g": "for example", "i.e": "that is", "approx": "approximately",
    "dept": "department", "est": "established", "fig": "figure", "figs": "figures", "inc": "incorporated",
    "ltd": "limited", "corp": "corporation", "gen": "general", "sgt": "sergeant", "capt": "captain",
    "lt": "lieutenant", "col": "colonel", "rev": "reverend", "hon": "honorable", "sen": "senator",
    "rep": "representative", "gov": "governor", "pres": "president", "mt": "mount", "ave": "avenue",
    "blvd": "boulevard", "rd": "road", "ln": "lane", "ct": "court", "hwy": "highway", "pkwy": "parkway",
    "sq": "square", "mk": "mark", "nos": "numbers", "cf": "compare", "vol": "volume", "vols": "volumes",
    "art": "article", "para": "paragraph", "eq": "equation", "ver": "version", "ft": "fort",
    "ed": "editor", "eds": "editors", "min": "minute", "max": "maximum", "hrs": "hours", "secs": "seconds",
    "ext": "extension", "tel": "telephone", "asst": "assistant", "assn": "association", "govt": "government",
    "misc": "miscellaneous", "temp": "temperature", "avg": "average", "messrs": "messieurs", "mme": "madame",
    "co": "company", "apt": "apartment", "p": "page", "pp": "pages", "ch": "chapter", "sec": "section",
    "tbsp": "tablespoons", "tsp": "teaspoons", "bros": "brothers", "univ": "university", "al": "al",
    "ca": "circa", "viz": "namely",
}  # fmt: skip
AS_WORDS = words(  # written in capitals, said as a word
    "NASA NATO UNESCO UNICEF FIFA OPEC AIDS COVID RAM ROM PIN SIM GIF JPEG JSON LASER RADAR SCUBA ASAP ISO NAFTA"
    " LAN WAN CAPTCHA MIDI SWAT OK ASEAN NASDAQ HIPAA OSHA FEMA IKEA LEGO TED GAN BERT CUDA YAML TOML BASIC SARS"
    " MERS DOS BIOS CAD NIMBY YOLO FOMO SONAR MIEN"
)
SPELLED = words(  # words otherwise, but said letter by letter
    "ISBN ISSN AI US UK EU UN UAE USA IT ID UI UX API CEO CFO CTO CIO IOU IP IQ EQ AM PM AD BC VIP DIY FAQ ETA OS IOS"
    " URL EV EKG ER HR PR TV DJ MC UV UFO AA AC IPO IPA IRA USB SUV NGO NBA NHL AR VR XR OLED LED ROI APR EMI IEEE"
    " ACM SAT"
)
SHORT_WORDS = words(
    "THE AND YOU ARE NOT BUT FOR ALL CAN HAS HAD HER HIS HIM ONE OUR OUT DAY GET HOW MAN NEW NOW OLD SEE TWO WAY"
    " WHO BOY DID ITS LET PUT SAY SHE TOO USE YES NO SO GO DO BE BY HE IF IN IS OF ON OR TO UP WE MY ME AN AS AT"
    " WHY BIG BAD END FAR FUN GOD GUY HEY HOT JOB LOT LOW MAD MAY MOM DAD NOR OFF OH OWN PAY RED RUN SAD SIT SIX"
    " TEN TOP TRY WAR WAS WIN WON YET AGO ANY ASK BED BOX BUY CAR CUT EAT EYE FEW AIR WOW MIX"
)
