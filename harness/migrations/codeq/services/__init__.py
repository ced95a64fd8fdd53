"""Both services in this process, the tokens that they take, and an example of the old one's keyspace"""
