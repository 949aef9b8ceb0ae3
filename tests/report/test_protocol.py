"""The sample-size section: it says all that a protocol has to, with the numbers of its run and no other."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import docx
import pypdf
import pytest

from tests.report.protocols import FEW, SHOWN, document_of, facts_of, page, section, whole, with_measures
from tests.report.protocols import PAGES as DOCS
from trialsim.errors import RunError
from trialsim.prepared import prepare
from trialsim.report.document import DataTable, Gap, render
from trialsim.report.protocol import files, tools
from trialsim.report.protocol.facts import ProtocolFacts
from trialsim.report.protocol.markdown import markdown
from trialsim.report.protocol.page import protocol_page
from trialsim.report.protocol.paper import ProtocolDocument, protocol_document
from trialsim.report.protocol.pdf import pdf
from trialsim.report.protocol.sensitivity import left_out
from trialsim.report.protocol.text import Sentence, gaps_of
from trialsim.report.protocol.word import word
from trialsim.report.run_page import sealed_text
from trialsim.scenario.change import change

#: Studies whose documents are made in every test run; the lesson on noninferiority simulates a pilot first and is a long one.
STUDIES = (
    "picu-blood-draw", "nicu-parent-massage", "picu-crossover", "ward-cluster", "picu-sequential", "massage-by-music",
    "pilot-nicu", "textbook-ancova",
)  # fmt: skip

#: What the section of a trial of three arms states, in its order; numbers of the run are tested by themselves.
PICU = (
    "compares music therapy and hand massage with usual care",
    "99 participants (adolescent, 12 to 18 years; allocation ratio 1:1:1, stratified by sex)",
    "Children's Fear Scale (a score of 0, 1, 2, 3, 4; lower is better) at “during”",
    "all randomized participants with a value, in the group to which they were allocated",
    "the Kruskal-Wallis test, at a two-sided level of 5 %",
    "each other arm is compared with usual care by Mann-Whitney tests, with Holm adjustment for 2 comparisons",
    "−0.7 points for music therapy against usual care",
    "mean 1.30, SD 1.00, against mean 2.00, SD 1.00",
    "probability of the lower score, ties counted half, 68 %",
    "−0.5 points for hand massage against usual care",
    "ties counted half, 63 %",
    "important, because it is realistic, or both?",
    "are assumptions (the target study prints no table",
    "sessions can be missed when no nurse is free, attempts can fail (needle) and participants can leave (transfer)",
    "found by simulating the whole trial (60 simulated trials; trialsim 0.1.0, seed 2023",
    "one eligible patient every 30 h",
    "consent 80.1 %",
    "2 nurses at a time (daily 07:00-19:00), each occupied by other work for 60 %",
    "correlation of Children's Fear Scale between visits 0.6",
    "intraclass correlation of practitioners 0.02",
    "With 33 participants in each arm (99 in all)",
    "95 % simulation interval",
    "each after the primary test",
    "If there is no difference, the primary analysis rejects in",
    "Fan, Zhang and Zhang 2011",
    "gives 70.7 %",
    "Recruitment would take",
    "No interim analysis is planned.",
    "3 of them are samples for a laboratory with 3 ml of blood in all",
)

#: The same of a study of one group.
NICU = (
    "This one-group study measures Salivary cortisol, mother",
    "as the change from “pre” to “post”, on the logarithmic scale, in 22 participants (mother-infant dyad)",
    "It has no control group: a change can also come from the hour of the day",
    "will not be attributed to parent-administered massage",
    "justified by precision and feasibility, not by a test of efficacy",
    "the ratio of geometric means",
    "no selection by the direction or size of the change",
    "a 95 % interval from a paired t-test",
    "median 5.9 nmol/L, SD of the logarithms 0.70",
    "half-life 65 min",
    "clearance allows a fall of at most 12.3 %",
    "Values below 0.2 nmol/L are replaced by the limit divided by the square root of 2.",
    "(60 simulated studies; trialsim 0.1.0, seed 2024",
    "sessions with therapist are missed because nobody is free",
    "are lost",
    "times the estimate and covers the true value in",
    "The hour of the day alone gives a ratio of",
    "a test of no change would reject in",
    "would be needed to estimate the ratio to within a factor of 1.10",
    "Feasibility will be judged by criteria fixed beforehand: consent",
    "the observed change will not be used as its target difference",
)

#: Words of the program, which no protocol has.
OURS = re.compile(
    r"null twin|\bdeclared\b|\bdelivered\b|\blambda\b|\breplicates?\b|\bdrivers?\b|\bnan\b", re.IGNORECASE
)


def in_order(text: str, phrases: tuple[str, ...]) -> list[str]:
    """The phrases that are missing after the one before."""
    lacks, place = [], 0
    for phrase in phrases:
        found = text.find(phrase, place)
        if found < 0:
            lacks.append(phrase)
        else:
            place = found + len(phrase)
    return lacks


def test_the_section_of_the_picu_study_states_all_it_has_to() -> None:
    assert in_order(section(document_of("picu-blood-draw")), PICU) == []


def test_the_section_of_the_nicu_study_states_all_it_has_to() -> None:
    assert in_order(section(document_of("nicu-parent-massage")), NICU) == []


def test_a_phrase_that_is_missing_is_seen() -> None:
    """Planted: a sentence is taken away, and two change places."""
    text = section(document_of("picu-blood-draw"))
    assert in_order(text.replace("No interim analysis is planned.", ""), PICU) == ["No interim analysis is planned."]
    assert in_order("b a", ("a", "b")) == ["b"]


@pytest.mark.parametrize("name", STUDIES)
def test_no_word_of_the_program_is_in_a_document(name: str) -> None:
    assert OURS.findall(whole(document_of(name))) == []


def test_a_word_of_the_program_is_seen() -> None:
    """Planted."""
    assert OURS.findall("as declared, in 100 replicates") == ["declared", "replicates"]


# ---------------------------------------------------------------- numbers


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def number_faults(text: str, facts: ProtocolFacts) -> list[str]:
    """Measures of the run whose number with its interval is not in the text: read from the table, written here again."""
    lacks = []
    for row in facts.study.analysis.rows:
        if row.analysis not in facts.scenario.primary:
            continue
        one = next(
            m for m in facts.characteristics.measures
            if (m.analysis, m.contrast, m.measure) == (row.analysis, row.contrast, "power")
        )  # fmt: skip
        ends = f"{percent(one.conf_low)} to {percent(one.conf_high)} %"
        if not re.search(rf"{re.escape(percent(one.value))} % \((95 % simulation interval )?{re.escape(ends)}\)", text):
            lacks.append(f"{row.contrast}: {one.value}")
    return lacks


@pytest.mark.parametrize(
    "name", ["picu-blood-draw", "picu-crossover", "ward-cluster", "massage-by-music", "textbook-ancova"]
)
def test_every_power_is_that_of_the_run_with_its_interval(name: str) -> None:
    assert number_faults(section(document_of(name)), facts_of(name)) == []


def test_a_wrong_number_is_seen() -> None:
    """Planted: the text of another run, and one digit."""
    facts = facts_of("picu-blood-draw")
    text = section(document_of("picu-blood-draw"))
    other = with_measures(facts, {("fear_during", "all arms", "power"): 0.123})
    assert len(number_faults(text, other)) == 1
    wrong = next(m for m in facts.characteristics.measures if m.measure == "power" and m.contrast == "all arms")
    assert number_faults(text.replace(f"{percent(wrong.value)} %", "99.9 %"), facts) != []


def test_the_expected_interval_and_the_size_follow_from_the_width() -> None:
    """Half a width of log 1.21 reaches 1.21 times the estimate; the size for a factor of 1.1 grows with its square."""
    place = ("all_mothers_log", "post - pre", "interval_width")
    facts = with_measures(facts_of("nicu-parent-massage"), {place: 2 * math.log(1.21)})
    text = section(protocol_document(facts))
    assert "from 0.83 to 1.21 times the estimate" in text
    assert f"About {22 * 4} participants would be needed" in text


def power_of(value: float) -> str:
    facts = with_measures(facts_of("textbook-ancova"), {("main", "treated - control", "power"): value})
    return section(protocol_document(facts))


def test_a_power_below_the_goal_is_stated_and_one_above_is_not() -> None:
    assert "This power is below 80 %; by extension of this result" in power_of(0.70)
    assert "below 80 %" not in power_of(0.80)


def test_a_test_that_rejects_too_often_has_no_power() -> None:
    changes = {
        ("main", "treated - control", measure): 0.4
        for measure in ("type_1_error", "rejection_null_twin", "rejection_no_change_twin")
    }
    facts = with_measures(facts_of("textbook-ancova", 2000), changes)
    text = section(protocol_document(facts))
    assert "This is not a power: without any difference it rejects in 40 %, at a level of 5 %." in text
    assert "has a power of" not in text


def test_one_group_claims_no_effect_and_no_power() -> None:
    document = document_of("nicu-parent-massage")
    text = whole(document)
    assert re.findall(r"effect of \w+|has a power of|superiority", text) == []
    assert "no benefit is claimed" in text


def test_a_pilot_claims_no_power() -> None:
    text = section(document_of("pilot-nicu"))
    assert "not by power, and efficacy will not be concluded from it" in text
    assert "has a power of" not in text
    assert "the chances of going ahead, amending and stopping are" in text


def test_looks_are_their_own_sentences() -> None:
    document = document_of("picu-sequential")
    looks = [str(one) for one in document.sentences if "SPIRIT 28b" in one.rows]
    assert looks[0] == (
        "Interim analyses are planned when 60 and 90 of 120 primary values are known; enrollment goes on for 14 d until "
        "the decision."
    )
    assert (
        "p ≤ 0.0031 (interim analysis 1), p ≤ 0.018 (interim analysis 2) and p ≤ 0.044 (the final analysis)" in looks[1]
    )
    assert "SPIRIT 19" not in {row for one in document.sentences if "SPIRIT 28b" in one.rows for row in one.rows}


def test_a_crossover_names_its_first_period() -> None:
    text = section(document_of("picu-crossover"))
    assert "The target difference is −0.6 points for music of one's own choice against usual care at “during 1”" in text
    assert "10 % of the effect carried over into the next period" in text


@pytest.mark.verify
def test_a_margin_is_stated_with_its_one_sided_level() -> None:
    text = section(document_of("noninferiority"))
    assert "lies entirely below the margin of 1 points (that is, at a one-sided level of 2.5 %)" in text
    assert "The arms are assumed not to differ (mean 4, SD 1.8 in each)." in text


# ---------------------------------------------------------------- sentences and gaps


def test_a_sentence_disappears_whole() -> None:
    """Without the days of enrollment there is not a word on recruitment."""
    facts = with_measures(facts_of("picu-blood-draw"), {("trial", "", "enrollment_days"): None})
    before, after = document_of("picu-blood-draw").sentences, protocol_document(facts).sentences
    left = {str(one) for one in before} - {str(one) for one in after}
    assert len(left) == 1
    assert left.pop().startswith("Recruitment would take ")


@pytest.mark.parametrize("name", STUDIES)
def test_every_sentence_ends_and_answers_a_row(name: str) -> None:
    for one in document_of(name).sentences:
        assert one.rows
        last = one.parts[-1]
        assert isinstance(last, Gap) or last.endswith("."), one
        assert not re.search(r"  | ,|\(\)|\.\.|[({] ", str(one)), one


def test_gaps_are_counted_once_and_printed() -> None:
    document = document_of("picu-blood-draw")
    keys = [gap.key for gap in document.gaps]
    assert len(set(keys)) == len(keys)
    assert document.gap_words.startswith(f"{len(keys)} gaps, 4 of them in the section “Sample size”.")
    text = markdown(document)
    assert text.count("**\\[Authors: ") >= len(keys)
    assert document.gap_words.partition(".")[0] in text


def test_an_answer_is_put_into_all_its_places() -> None:
    """The reason of the target difference is asked in the section, and in two rows of DELTA2."""
    facts = facts_of("picu-blood-draw")
    answered = protocol_document(facts, {"target.basis": "It is realistic.", "nobody asks": "this"})
    assert len(answered.gaps) == len(document_of("picu-blood-draw").gaps) - 1
    assert whole(answered).count("It is realistic.") == 2
    assert "These answers belong to no question of this study and are not used: nobody asks." in answered.notes


def test_ranges_that_were_not_simulated_are_named() -> None:
    assert "plausible ranges for 7 assumptions" in left_out(facts_of("picu-blood-draw"))
    assert left_out(facts_of("textbook-ancova")) == ""


# ---------------------------------------------------------------- the size of a block


def with_block(size: int) -> ProtocolFacts:
    facts = facts_of("picu-blood-draw")
    study = prepare(change(facts.scenario, {"design.allocation.block": size}))
    return replace(facts, study=study)


def test_the_size_of_a_block_is_nowhere() -> None:
    facts = with_block(1236)
    document = protocol_document(facts)
    texts = [
        markdown(document),
        render(protocol_page(document)),
        sealed_text(facts.study),
        files.questions(document, {}),
    ]
    texts.append("\n".join(text_of_word(document)))
    assert [text for text in texts if re.search("1236|1,236", text)] == []
    assert "Their sizes are in a separate document" in texts[0]


# ---------------------------------------------------------------- forms


def tables_of(document: ProtocolDocument) -> list[DataTable]:
    return [block for part in document.sections for block in part.blocks if isinstance(block, DataTable)]


def text_of_word(document: ProtocolDocument) -> list[str]:
    stream = io.BytesIO()
    word(document).save(stream)
    stream.seek(0)
    made = docx.Document(stream)
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return [*(one.text for one in made.paragraphs), *cells]


def test_word_is_read_back() -> None:
    document = document_of("nicu-parent-massage")
    stream = io.BytesIO()
    word(document).save(stream)
    stream.seek(0)
    made = docx.Document(stream)
    texts = [one.text for one in made.paragraphs]
    assert f"Sample size. {document.paragraphs[0]}" in texts
    assert [len(table.rows) - 1 for table in made.tables] == [len(one.rows) for one in tables_of(document)]
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in made.tables)
    bold = {run.text for one in made.paragraphs for run in one.runs if run.bold and run.font.highlight_color}
    asked = {gap.shown for one in document.sentences for gap in gaps_of(one.parts)}
    assert bold == asked
    assert made.core_properties.author == ""


def test_the_pdf_is_one_that_screen_readers_can_read() -> None:
    made = pypdf.PdfReader(io.BytesIO(pdf(document_of("nicu-parent-massage"))))
    root = made.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]) == "en"
    assert made.metadata is not None
    assert made.metadata.title is not None
    assert made.metadata.title.endswith("protocol text and checklists")
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    text = " ".join(part for one in made.pages for part in one.extract_text().split())
    assert "This one-group study measures Salivary cortisol, mother" in text
    assert "SPIRIT 2025" in text


def test_the_page_has_every_gap_in_bold() -> None:
    document = document_of("picu-sequential")
    text = render(protocol_page(document))
    assert text.count('<strong class="gap">') >= len(document.gaps)
    assert "<script" not in text


def test_markdown_has_whole_tables() -> None:
    lines = markdown(document_of("picu-blood-draw")).splitlines()
    tables = [line for line in lines if line.startswith("| ")]
    bars = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert len(tables) > 150
    assert bars <= {3, 6, 9}


def test_odd_letters_are_harmless_in_every_form() -> None:
    """A title and an arm with marks of every notation: nothing becomes a mark, and everything is still read."""
    facts = facts_of("textbook-ancova")
    odd = '#x *b* _i_ `c` <script>alert("1")</script> | $y$ [z](w) @me \\n ~ = - + /* // éß☃'
    scenario = change(facts.scenario, {"title": odd, "design.arms.treated": odd})
    document = protocol_document(replace(facts, study=prepare(scenario)))
    assert "<script>" not in render(protocol_page(document))
    assert "\\<script\\>" in markdown(document)
    assert any(odd in text for text in text_of_word(document))
    text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf(document))).pages)
    assert '*b* _i_ `c` <script>alert("1")</script>' in " ".join(text.split())


def test_a_form_whose_package_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find_spec", lambda _: None)
    with pytest.raises(RunError, match="TS-R321"):
        pdf(document_of("textbook-ancova"))
    assert tools.available(("md", "html", "docx", "pdf")) == ("md", "html")


# ---------------------------------------------------------------- docs


def masked(text: str) -> list[str]:
    """The sentences of a section without their numbers, and without what depends on chance."""
    return re.sub(r"[\d.,]+", "#", re.sub(r"(all|none of) # simulated trials|# % \(.*?\) of trials", "#", text)).split(
        "; "
    )


@pytest.mark.parametrize("name", SHOWN)
def test_the_pages_in_docs_have_the_words_that_are_made(name: str) -> None:
    """The asked rows and the texts without numbers; the numbers are held by the long test."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for _, found in document_of(name).rows:
        for row in found:
            assert row.item.asked in text.replace("\\", "")
    assert f"{FEW} simulated" not in text


@pytest.mark.verify
@pytest.mark.parametrize("name", SHOWN)
def test_the_pages_in_docs_are_those_that_are_made(name: str) -> None:
    """``python -m tests.report.protocols`` makes them again."""
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page(name)


def test_a_sentence_reads_as_its_parts() -> None:
    assert str(Sentence(("It is ", Gap("k", "what?"), "."), ("SPIRIT 19",))) == "It is [Authors: what?]."
