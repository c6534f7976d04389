from gate.io.deadline import Deadline


def test_the_sooner_of_two_ends_holds_and_names_its_option():
    run = Deadline.after(100, "--timeout")
    assert run.or_after(1000, "--wait") is run
    sooner = run.or_after(10, "--wait")
    assert (sooner.seconds, sooner.option) == (10, "--wait")
    assert sooner.ends < run.ends
    assert Deadline().or_after(10, "--wait").seconds == 10
