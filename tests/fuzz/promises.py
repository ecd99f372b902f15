"""What is promised beside the kinds that are fuzzed, and the tests that hold it."""

from __future__ import annotations

from typing import NamedTuple


class Promise(NamedTuple):
    """A sentence, and the tests that hold it, as "file" or "file::test" within `tests/`."""

    sentence: str
    tests: tuple[str, ...]


PROMISES = {
    "Inputs": (
        Promise(
            "Encoders are held to the protocol where their answers enter: unit vectors of one width for every batch of "
            "masks, finite numbers, players that tokens and grid agree with. A refusal names the mask.",
            ("encoders/test_contract.py", "estimation/test_game.py::test_embeddings_that_are_none_are_refused"),
        ),
        Promise(
            "Devices, pipes and files without an end are not read as images; lines and damaged metadata are refused.",
            ("encoders/test_images.py::test_files_without_an_end_are_not_read",),
        ),
        Promise(
            "Options and arguments of wrong kinds are refused in one sentence of at most 600 characters.",
            (
                "test_explainer.py::test_bad_input_is_refused_in_a_sentence",
                "test_explanation.py::test_arguments_of_wrong_kinds_are_refused_in_a_sentence",
            ),
        ),
        Promise(
            "Masks hold truth values, or the numbers 0 and 1.", ("test_explanation.py::test_masks_hold_truth_values",)
        ),
        Promise(
            "Stills survive any text, of any length, and pictures of any shape.",
            (
                "widget/test_png.py::test_a_still_survives_any_text",
                "widget/test_png.py::test_grids_and_pictures_of_any_shape_are_drawn",
            ),
        ),
    ),
    "Files": (
        Promise(
            "A saved explanation has a checksum over all its bytes: every flipped bit and every cut is refused.",
            (
                "test_explanation.py::test_no_damaged_file_is_read",
                "test_explanation.py::test_every_cut_is_refused",
            ),
        ),
        Promise(
            "Types, shapes and ranges of all fields are checked whoever made them, and what a file declares before it "
            "is allocated; nothing is unpickled.",
            (
                "test_explanation.py::test_a_file_that_somebody_changed_is_refused",
                "test_explanation.py::test_huge_shapes_are_refused_before_they_are_allocated",
                "test_explanation.py::test_saved_files_hold_no_pickle",
            ),
        ),
        Promise("Files of all released versions load, with the values that these computed.", ("test_saved.py",)),
        Promise(
            "A file is replaced by a complete new one or not at all; links stay, permissions are kept, and devices and "
            "pipes are left alone.",
            (
                "test_files.py::test_a_link_stays_and_what_it_points_to_is_replaced",
                "test_files.py::test_permissions_are_kept",
                "test_files.py::test_devices_and_pipes_are_left_alone",
            ),
        ),
        Promise(
            "A full disk is one sentence, and the command keeps its result in another folder.",
            (
                "test_files.py::test_a_full_disk_is_one_sentence_and_leaves_the_old_file",
                "test_files.py::test_a_result_that_cannot_be_written_is_kept",
            ),
        ),
        Promise(
            "A killed evaluation neither loses nor doubles a result; every line of a journal has a checksum, and one "
            "process at a time writes to a folder.",
            (
                "evaluation/test_journal.py::test_five_kills_neither_lose_nor_duplicate_records",
                "evaluation/test_journal.py::test_no_damaged_line_is_read",
                "evaluation/test_journal.py::test_one_process_at_a_time_writes_to_a_folder",
            ),
        ),
    ),
    "The page": (
        Promise(
            "Captions, tokens and names are text, never markup, and the page runs and loads nothing from elsewhere.",
            (
                "widget/test_html.py::test_a_caption_cannot_become_markup",
                "widget/test_html.py::test_state_cannot_end_its_script",
                "widget/test_html.py::test_the_page_asks_for_nothing",
            ),
        ),
    ),
    "Running": (
        Promise(
            "Threads that share an explainer get the values that each would get alone.",
            ("test_threads.py",),
        ),
        Promise(
            "An interrupt between any two steps of sampling leaves the sums of whole batches, and the next request "
            "is right.",
            ("estimation/test_interrupts.py", "test_explainer.py::test_an_interrupt_gives_what_there_is"),
        ),
        Promise(
            "Explainers work in spawned and in forked processes.",
            (
                "test_processes.py::test_spawned_workers_explain_the_same",
                "test_processes.py::test_a_forked_child_does_not_wait_for_threads_that_are_gone",
            ),
        ),
        Promise("A process may end while a job runs.", ("test_jobs.py::test_a_process_may_end_while_a_job_runs",)),
        Promise(
            "When an accelerator runs out of memory, batches are halved.",
            ("test_explainer.py::test_memory_that_runs_out_halves_the_batch",),
        ),
    ),
    "Numbers": (
        Promise(
            "A game that varies by rounding alone has no R².",
            ("estimation/test_fidelity.py::test_values_that_differ_by_rounding_alone_have_no_r2",),
        ),
        Promise(
            "The same seed gives the same masks, however many are asked for at once.",
            ("test_explainer.py::test_more_masks_go_on_where_fewer_stopped",),
        ),
    ),
}
