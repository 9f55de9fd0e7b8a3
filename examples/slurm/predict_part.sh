#!/bin/bash
#SBATCH --cpus-per-task=1 --mem=4G
# One part of the predictions along a genome: a task of a SLURM job array.
#
#     mkdir parts
#     job=$(sbatch --parsable --array=1-100 predict_part.sh MODEL GENOME 100 parts)
#     sbatch --dependency=afterok:"$job" --wrap "motifnet merge parts/* --output scores.bw"
#
# If some tasks fail, submit only these again, with the same number of parts: --array=17,42.
set -euo pipefail
model=$1 genome=$2 parts=$3 folder=$4
motifnet predict "$model" --genome "$genome" --stride "${STRIDE:-50}" --threads "${SLURM_CPUS_PER_TASK:-1}" \
  --part "$SLURM_ARRAY_TASK_ID/$parts" --output "$folder/$SLURM_ARRAY_TASK_ID"
