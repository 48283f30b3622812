-- submit.lua - what wrk sends in bench/submit: one small held job, so that only admission is measured.
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{"spec":{"name":"bench","user":"bench","uid":]] .. os.getenv("BENCH_UID") ..
  [[,"hold":true,"tasks":1,"data_known":true,"workdir":"/tmp","script":"#!/bin/sh\ntrue\n"}}]]
