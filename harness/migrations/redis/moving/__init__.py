"""The way there: carried out step by step, journalled, and checked at its end"""
