from kirotodo.core.models.builtin.replies import MANY, bullets, count


def test_what_nobody_has_counted_is_many() -> None:
    tasks = [{"id": 1, "title": "milk"}]
    assert count(MANY + 20, kind="open") == "many open tasks"
    assert bullets(tasks, total=MANY + 1).endswith("…and more.")
    assert bullets(tasks, total=4).endswith("…and 3 more.")
