"""What a postmortem says: sentences that a manager can read aloud, each thing once, every figure from a measurement."""

from dataclasses import replace

import pytest

from doorbuster.incident import telling, wording
from doorbuster.incident.figures import Figures, counted, summed
from doorbuster.incident.incident import Diagnosed, Incident
from doorbuster.incident.postmortem_pages import as_html
from doorbuster.incident.timeline import Evidence, TimelineLine
from doorbuster.incident.writing import Facts, generated, paragraph
from doorbuster.watch.diagnosis import CAUSES

T0 = 1_800_000_000  # 15 January 2027, 08:00:00 UTC
HEADLINE = "Sequential scans on products by query search_products; add index products_search"
SAID = Diagnosed(
    cause="missing_index", headline=HEADLINE, trigger="index dropped: products_search", remedy="Build it.",
    evidence=("A call takes 900 ms.", "The index products_search on products is missing."),
    not_because=("Not the web servers: the busiest uses 12% of a core.",),
)  # fmt: skip
MISSING = "Missing: CREATE INDEX products_search ON products USING gin (search)."

IT = Incident(
    id=7, key="k", title=HEADLINE, severity=1, state="resolved", cause="missing_index", team="database", impact_at=T0,
    detected_at=T0 + 5, acknowledged_at=None, named_at=T0 + 5, mitigated_at=None, resolved_at=T0 + 64, reviewed_at=None,
    quiet_since=T0 + 50, hurt_peak=0.7, sale_running=True, merged_into=None, said=SAID, drill="", why_no_drill="",
    visitors_seen=1_257, visitors_hurt=948,
)  # fmt: skip


def line(at: int, source: str, text: str, role: str = "watch", *, wrong: str = "", plan: str = "") -> TimelineLine:
    return TimelineLine(at, T0 + at, source, role, text, Evidence(plan=plan), wrong)


def written(*lines: TimelineLine, it: Incident = IT, figures: Figures | None = None) -> dict[str, str]:
    return generated(Facts(it, lines, (), T0 + 100, figures or Figures()))


def test_a_manager_reads_when_how_many_what_they_felt_and_why() -> None:
    assert paragraph(IT) == (
        "On 15 January 2027 from 08:00:00 to 08:01:04 UTC (1 min 4 s), 75 % of visitors were hurt (about 948 of "
        "1,257), while a sale was running. Pages were slow or failed, and some purchases could not be finished. "
        "The cause: the database lacked an index, the register by which it finds rows, so it read a whole table for "
        "each request of one kind and had no time left for the others. That is severity 1: most customers were hurt "
        "while a sale was running."
    )


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_its_plain_words(cause: str) -> None:
    meaning = wording.MEANINGS[cause]

    assert not meaning.plain.endswith(".")
    assert meaning.felt.endswith(".")
    assert meaning.think_of.endswith(".")


def test_a_trouble_that_is_told_before_anybody_feels_it_is_what_went_well() -> None:
    story = written(it=replace(IT, detected_at=T0 - 4, named_at=T0 - 4))

    assert "**Detection:** It was told before anybody was hurt." in story["detection"]
    assert "- It was told before anybody was hurt." in story["lessons"].partition("**Badly**")[0]
    assert "| to detect | – | before it hurt |" in story["clocks"]


def test_a_trouble_that_hurt_nobody_was_told_in_time_and_needs_nobody_well_again() -> None:
    story = written(it=replace(IT, impact_at=None, hurt_peak=0.0, visitors_hurt=0))

    assert "unknown time" not in story["summary"]
    assert "**Detection:** It was told before anybody was hurt." in story["detection"]
    assert "well again" not in story["lessons"]


def test_no_team_is_told_that_a_cause_is_theirs_which_nobody_knows() -> None:
    teams = written(it=replace(IT, cause="", said=Diagnosed()))["teams"]

    assert "**Database**: you were called, and the cause is not known" in teams
    assert "yours" not in teams
    assert "**Database**: the cause is yours" in written()["teams"]


def test_a_cause_is_not_said_twice_in_one_sentence() -> None:
    it = replace(IT, cause="database_down", title="The database does not answer",
                 said=Diagnosed(cause="database_down", headline="The database does not answer"))  # fmt: skip
    text = "\n".join(written(it=it).values())

    assert "The database does not answer: The database does not answer" not in text
    assert wording.title(it) == "The database does not answer"


def test_an_incident_that_a_person_named_keeps_its_name() -> None:
    assert wording.title(replace(IT, title="The search is slow")) == "The search is slow"
    assert wording.title(IT) == "An index is missing"


def test_an_alert_that_fires_again_and_again_is_one_line_with_a_count() -> None:
    alerts = [line(at, "alert", f"CustomersHurt: {at}% of the answers were errors.") for at in (1, 20, 40)]
    story = telling.story(IT, [*alerts, line(45, "alert", "DatabaseDown: nobody can buy.")])

    assert story.count("CustomersHurt") == 1
    assert "1% of the answers were errors. *(2 times more, last at 08:00:40 UTC)*" in story
    assert "DatabaseDown" in story


def test_what_was_just_said_is_not_said_again_by_the_page_and_the_opening() -> None:
    story = telling.story(IT, [
        line(4, "diagnosis", HEADLINE), line(5, "detected", f"Incident 7 is opened: {HEADLINE}"),
        line(5, "diagnosis", HEADLINE), line(5, "page", f"The database on-call is paged: {HEADLINE}"),
    ])  # fmt: skip

    assert story.count(HEADLINE) == 1
    assert "Incident 7 is opened." in story
    assert "The database on-call is paged." in story


def test_a_persons_words_and_wrong_paths_are_never_left_out() -> None:
    same = [line(at, "note", "Still slow.", "operator") for at in (10, 20)]
    wrong = [line(at, "diagnosis", HEADLINE, wrong="thought again") for at in (30, 40)]
    story = telling.story(IT, [*same, *wrong])

    assert story.count("Still slow.") == 2
    assert story.count("a wrong path: thought again") == 2


def test_the_day_is_told_once_and_the_beginning_has_its_line() -> None:
    story = telling.story(IT, [line(-30, "schema", "Index products_search is gone."), line(86_400, "note", "Quiet.")])

    assert story.splitlines() == [
        "**15 January 2027** (all times in UTC)", "", "- **07:59:30** · schema · Index products_search is gone.",
        "- **08:00:00** · impact · Customers begin to be hurt.",
        "", "**16 January 2027** (all times in UTC)", "", "- **08:00:00** · note · Quiet.",
    ]  # fmt: skip


def test_what_people_did_is_told_apart_from_what_was_merely_seen() -> None:
    cause = written(
        line(8, "action", "create index products_search: the index is built, after 3 s.", "operator"),
        line(2, "restart", "Process web-1 (18872) is gone."), line(-60, "lever", "gate: set (for a test)", "cli"),
    )["cause"]  # fmt: skip
    done, _, seen = cause.partition("What changed meanwhile")

    assert "08:00:08 UTC: create index products_search" in done
    assert "gate: set" not in cause, "what was done before cannot have been a remedy"
    assert "web-1" in seen
    assert "web-1" not in done


def test_a_missing_index_is_written_once_and_can_be_copied() -> None:
    cause = written(line(5, "diagnosis", HEADLINE, plan=MISSING))["cause"]

    assert "- Missing: `CREATE INDEX products_search ON products USING gin (search)`" in cause
    assert "is missing." not in cause


def test_every_missing_index_is_among_what_ends_it() -> None:
    other = "CREATE INDEX products_newest ON products (id DESC)"
    remedy = "Add the index: CREATE INDEX CONCURRENTLY products_search ON products USING gin (search)"
    it = replace(IT, said=Diagnosed(cause="missing_index", headline=HEADLINE, remedy=remedy))
    measures = written(line(5, "diagnosis", HEADLINE, plan=f"{MISSING}\nMissing: {other}."), it=it)["measures"]

    assert f"- {remedy}.\n- As well: `{other}`\n" in measures
    assert measures.count("products_search") == 1


def test_a_change_just_before_is_a_sentence_and_a_crowd_is_not_blamed() -> None:
    crowd = replace(IT, said=Diagnosed(cause="web_cpu", trigger="3.1 times as many requests as before"))

    assert "Just before, the index products_search was dropped." in written()["cause"]
    assert "Just before, there were 3.1 times as many requests as before. That set it off" in written(it=crowd)["cause"]


def test_a_clock_that_never_ran_says_what_nobody_did() -> None:
    lessons = written()["lessons"]

    assert "- Nobody took it before it was resolved." in lessons
    assert "- The cause was known when it was detected." in lessons
    assert "0 s" not in lessons


def test_what_was_ruled_out_is_not_denied_twice() -> None:
    assert written()["wrong"].endswith("- Web servers: the busiest uses 12% of a core.")


def test_steps_that_no_item_keeps_are_one_line() -> None:
    steps = [line(at, "action", f"step {at}: done.", "operator") for at in (10, 11, 12)]

    assert written(*steps)["ends"] == "- Done that night, and kept by no action item: step 10; step 11; step 12."


def test_of_an_index_that_was_built_the_cause_tells_only_how_it_ended() -> None:
    steps = [line(8, "action", f"create index a_b: {words}", "operator") for words in ("has begun.", "is built.")]

    assert written(*steps)["cause"].count("create index a_b") == 1
    assert written(*steps)["timeline"].count("create index a_b") == 2


def test_figures_are_sums_of_what_the_series_knows_and_nothing_else() -> None:
    series = {
        "http.requests": [(T0 + at, 10.0) for at in range(60)],
        "http.slow": [(T0, 0.0), (T0 + 30, 2.0), (T0 + 40, 0.0)],
        "orders.placed": [*((T0 + at, 0.5) for at in range(-60, 0)), *((T0 + at, 0.1) for at in range(60))],
    }  # fmt: skip

    def read(name: str, since: int, until: int) -> list[tuple[int, float]]:
        return [(at, value) for at, value in series.get(name, []) if since <= at <= until]

    figures = counted(read, T0, T0 + 60)

    assert figures.sentence == "600 requests came; of their answers 20 took longer than three seconds."
    assert figures.orders_sentence == "6 orders were placed while it lasted, 6 a minute; before, 30 a minute."
    assert counted(read, T0, T0 + 9).orders_sentence == "1 order was placed while it lasted.", "no rate of ten seconds"
    assert "**In numbers:** 600 requests came" in written(figures=figures)["summary"]
    assert "In numbers" not in written()["summary"]


def test_a_rate_that_is_known_each_minute_counts_for_the_minute_and_a_gap_for_no_longer() -> None:
    assert summed([(0, 2.0), (60, 1.0), (600, 3.0)]) == 120 + 60 + 3


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (64, "1 min 4 s"), (120, "2 min"), (3_725, "1 h 2 min"), (7_200, "2 h")]
)
def test_a_duration_is_exact(seconds: int, words: str) -> None:
    assert wording.lasted(seconds) == words


def test_a_plan_in_the_page_is_drawn_with_its_costly_step_marked_and_obeys_no_html() -> None:
    html = as_html(
        "```plan\nLimit  (24 rows)\n└─ Seq Scan <b>  (400,000 rows)  ← here\n```\n\n```sql\nSELECT 1 < 2\n```"
    )

    assert '<span class="plan__step">Limit  (24 rows)</span>' in html
    assert '<span class="plan__step plan__step--here">└─ Seq Scan &lt;b&gt;  (400,000 rows)  ← here</span>' in html
    assert "<pre><code>SELECT 1 &lt; 2\n</code></pre>" in html
