"""`rehearse queue --promises`: what the migration guide promises, judged by what is seen in the same run.

promise        a promise, and a judgement on one          evidence       what was seen of one migration
guide          all of them, G01 to G45                    judging        how each is judged, by subject
situations     small worlds that are always played        schedules      random ones, added up
double_claims  how often two workers hold one task        manual         requests made by hand
assessment     every promise, for both migrations         table          the report
"""
