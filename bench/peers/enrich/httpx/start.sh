# start.sh FOLDER FEED OUTSIDE RESULTS
cd "$1"
exec venv/bin/python main.py "$2" "$3" "$4"
