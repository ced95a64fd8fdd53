"""How the promises are judged, each by a function from Evidence to a Judgement.

layout        what is stored where              interface     routes, keys, shapes of answers
migration     what a run does                   claiming      who gets a task, who gets it twice
rollback      the way back                      deployment    which code is there when
scaling       how much, how fast, how many      striking      the hazards and invariants behind them
"""
