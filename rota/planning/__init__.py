"""The rota planner's pure parts: an instance is read, modelled, solved, judged and explained. No Django here.

`instance` (what is asked), `reading` (from a file), `plan` (the answer), `eligibility` (who may serve when),
`model` (rows and columns), `duties` and `sessions` (the rules as rows), `strategy` (which model, how long),
`score` and `breaches` (a judgement that shares nothing with the model), `clash` and `relaxation` (why there is
no plan), `reasons` (why this person). The solver itself is known to `rota/planner.py` alone.
"""
