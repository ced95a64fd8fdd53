"""The whole of it on a copy: either option, the guide's own words, and the traffic before and after"""
