"""The Fetch standard's objects as workerd implements them, seen from JavaScript.

    http                       the HTTP message, what its body may hold, and requests that leave the Worker
    blob                       bytes with a type
    url, search_params         addresses
    builtins                   the globals of the ``js`` module that are not about HTTP

Methods carry JavaScript's names and take its values (see kvstore.javascript); a Worker written in Python
meets them through JsProxy or through the classes of worker.sdk, which wrap these.
"""
