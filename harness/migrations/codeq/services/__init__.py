"""Both services in this process, how codeQ is asked, its tokens, and an example of the old keyspace"""
